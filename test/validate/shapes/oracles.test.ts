import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CORPUS, HAS_CORPUS, unpack } from '../../onnx/corpus.ts';
import { type Answer, askCase, type Mode, type NodeCase, nodeCases } from './node-cases.ts';
import { askRecording, recordedModels, unpackRecorded } from './recorded-models.ts';
import { askVectors } from './upstream-vectors.ts';

/** Share of outputs that may stay open: with values given only what no rule could compute, else also what the values decide. */
const MOST_OPEN: Readonly<Record<Mode, number>> = { values: 0.02, shapes: 0.16, symbols: 0.18 };

describe('inferred shapes against shapes that are known', () => {
  let folder = '';
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'plimsoll-shapes-'));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('are those that onnxruntime computed, for each value of its optimised graphs and of its own operators', async () => {
    await unpackRecorded(folder);
    const names = recordedModels(folder);
    assert.ok(names.length > 80);
    for (const mode of ['shapes', 'symbols'] as const) {
      const answers = names.flatMap((name) => askRecording(folder, name, mode));
      assert.deepEqual(wrongOf(answers), []);
      const open = answers
        .filter(({ verdict }) => verdict.kind === 'unknown')
        .map(({ test }) => test.replace(/^contributed_\d+_/, ''));
      assert.deepEqual(
        open.filter((test) => !/^(Unique|Tokenizer|DynamicTimeWarping|built_dynamic_reshape)/.test(test)),
        [],
      );
    }
  });

  describe('of the public corpus', () => {
    const cases: NodeCase[] = [];
    before(async function () {
      if (!HAS_CORPUS) return this.skip();
      await unpack('bundles/onnx-backend-node.shared.tar.gz', folder);
      cases.push(...nodeCases(join(folder, 'onnx-backend/node')));
    });

    for (const mode of ['values', 'shapes', 'symbols'] as const) {
      it(`are never wrong on the node tests, told the ${mode} of the inputs`, () => {
        const answers = cases.flatMap((nodeCase) => askCase(nodeCase, mode));
        assert.ok(answers.length > 1_600);
        assert.deepEqual(wrongOf(answers), []);
        const open = answers.filter(({ verdict }) => verdict.kind === 'unknown');
        assert.ok(open.length / answers.length < MOST_OPEN[mode], `${open.length} of ${answers.length} are open`);
      });
    }

    it('are what upstream’s own tests of shape inference expect', () => {
      const answers = askVectors(join(CORPUS, 'upstream-vectors/shape_inference.shared.jsonl.gz'), folder);
      assert.deepEqual(
        answers.filter(({ kind }) => kind === 'wrong'),
        [],
      );
      const less = answers.filter(({ kind }) => kind === 'less');
      assert.ok(less.length <= 14, less.map(({ test, detail }) => `${test}: ${detail}`).join('\n'));
    });
  });
});

function wrongOf(answers: readonly Answer[]): readonly Answer[] {
  return answers.filter(({ verdict }) => verdict.kind === 'wrong');
}
