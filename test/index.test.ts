import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diff, Failure, inspect, lint } from '../src/index.ts';

const EXAMPLE = 'examples/sklearn';

describe('The library', () => {
  it('judges a project by its file alone', async () => {
    const report = await lint(EXAMPLE, { static: true });
    // A memory budget can be held against a plan only where an earlier run has left the prepared form in the cache.
    assert.equal(report.verdict, report.memory === null ? 'inconclusive' : 'pass');
    assert.deepEqual(
      report.model.inputs.map(({ name }) => name),
      ['text'],
    );
    assert.ok(report.memory === null || report.memory.verdict === 'fits');
  });

  it('finds a project from another working folder', async () => {
    const report = await lint('sklearn', { static: true, machine: { workingFolder: join(process.cwd(), 'examples') } });
    assert.equal(report.model.nodes, 9);
  });

  it('takes bounds over those of the configuration', async () => {
    const model = join(EXAMPLE, 'model.onnx');
    const unbounded = (report: { findings: readonly { rule: string }[] }) =>
      report.findings.some(({ rule }) => rule === 'production/unbounded-dimension');
    assert.equal(unbounded(await lint(model, { static: true })), true);
    assert.equal(unbounded(await lint({ path: model, bounds: { batch: 8 } }, { static: true })), false);
  });

  it('shows a model and compares two', async () => {
    assert.equal((await inspect(EXAMPLE)).model.nodes, 9);
    const model = join(EXAMPLE, 'model.onnx');
    assert.equal((await diff(model, model)).same, true);
  });

  it('throws a Failure where there is no model', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plimsoll-test-'));
    try {
      writeFileSync(join(folder, 'model.onnx'), 'not a model');
      await assert.rejects(
        lint(join(folder, 'model.onnx'), { static: true }),
        (error) => error instanceof Failure && error.exit === 1,
      );
      await assert.rejects(
        lint(join(folder, 'none'), { static: true }),
        (error) => error instanceof Failure && error.exit === 2,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('judges by the configuration: severities, suppressions with their reason, and those that fit nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plimsoll-test-'));
    const suppress = (rule: string) =>
      `model: ${join(process.cwd(), EXAMPLE, 'model.onnx')}\nbounds: { batch: 4 }\nsuppress: [{ rule: ${rule}, reason: the tokenizer is the runtime's }]\n`;
    try {
      writeFileSync(join(folder, 'plimsoll.yaml'), suppress('production/custom-domain'));
      const accepted = await lint(folder, { static: true });
      const others = accepted.findings.filter(({ rule }) => rule !== 'memory/unknown');
      assert.deepEqual([others, accepted.suppressed.length], [[], 1]);
      writeFileSync(join(folder, 'plimsoll.yaml'), suppress('production/float64'));
      const unused = await lint(folder, { static: true });
      assert.ok(unused.findings.some(({ rule }) => rule === 'config/unused-suppression'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
