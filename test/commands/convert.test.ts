import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { convertCommand } from '../../src/commands/convert.ts';
import { EXIT, Failure } from '../../src/nouns/failure.ts';
import { judgeProject } from '../../src/recipes/judge-project.ts';
import { settleConversion } from '../../src/recipes/settle-conversion.ts';
import { openSmallWorld, RUNTIME, type SmallWorld } from '../support/small-world.ts';

describe('plimsoll convert', () => {
  let world: SmallWorld;
  const answer = answerToZeros();
  before(async function () {
    if (RUNTIME === undefined) this.skip();
    world = await openSmallWorld();
  });
  after(() => world?.close());

  it('keeps a model of any framework that a command converts, with the original’s answers as cases', async () => {
    const folder = await project('by-command', answer);
    const door = world.door();
    assert.equal(await convertCommand.run(folder, {}, door), EXIT.passed);
    assert.deepEqual(readdirSync(join(folder, 'cases')), ['mine.json', 'row-01.json']);
    const report = await judgeProject(folder, world.door());
    assert.notEqual(report.verdict, 'fail');
    assert.match(door.printed.join('\n'), /Against the original/);
  });

  it('does nothing where nothing has changed, and again where the source has', async () => {
    const folder = await project('again', answer);
    await convertCommand.run(folder, {}, world.door());
    const second = world.door();
    await convertCommand.run(folder, {}, second);
    assert.match(second.printed.join('\n'), /nothing has changed/);
    writeFileSync(join(folder, 'source.txt'), 'another');
    await assert.rejects(judgeProject(folder, world.door()), failure('convert/stale', EXIT.lockDrift));
    const third = world.door();
    await convertCommand.run(folder, {}, third);
    assert.doesNotMatch(third.printed.join('\n'), /nothing has changed/);
  });

  it('refuses an export that answers otherwise, by exit 6, and leaves nothing behind', async () => {
    const folder = await project(
      'wrong',
      answer.map((value) => value + 1),
    );
    await assert.rejects(convertCommand.run(folder, {}, world.door()), failure('convert/parity', EXIT.numeric));
    assert.equal(readdirSync(folder).includes('model.onnx'), false);
  });

  it('says of a model that was never converted what to do', async () => {
    const folder = await project('never', answer);
    await assert.rejects(judgeProject(folder, world.door()), failure('convert/missing', EXIT.usage));
  });

  it('converts by itself for packaging, unless it is frozen', async () => {
    const folder = await project('packaged', answer);
    const bench = await world.bench();
    try {
      const frozen = settleConversion(folder, { frozen: true, isOnCi: false }, bench);
      await assert.rejects(frozen, failure('convert/stale', EXIT.lockDrift));
      await settleConversion(folder, { frozen: undefined, isOnCi: true }, bench);
      assert.ok(readdirSync(folder).includes('model.onnx'));
    } finally {
      await bench.close();
    }
  });

  it('tells a command that fails, with what it said', async () => {
    const folder = await project('failing', answer, 'echo no such layer >&2; exit 4');
    await assert.rejects(
      convertCommand.run(folder, {}, world.door()),
      (error) => failure('convert/command', EXIT.system)(error) && /exit code 4: no such layer/.test(String(error)),
    );
  });

  it('has nothing to do for a model that is ONNX already', async () => {
    const folder = await world.project('plain');
    await assert.rejects(convertCommand.run(folder, {}, world.door()), failure('convert/no-source', EXIT.usage));
  });

  /** A project whose model a shell command makes: a copy, and a case whose answer is `outputs`. */
  async function project(
    name: string,
    outputs: readonly number[],
    script = 'cp -r kept/. "$PLIMSOLL_OUTPUT"',
  ): Promise<string> {
    const folder = await world.project(name);
    mkdirSync(join(folder, 'kept', 'cases'), { recursive: true });
    mkdirSync(join(folder, 'cases'), { recursive: true });
    writeFileSync(join(folder, 'kept', 'model.onnx'), readFileSync(join(folder, 'model.onnx')));
    writeFileSync(join(folder, 'kept', 'cases', 'row-01.json'), caseOf(outputs));
    writeFileSync(join(folder, 'cases', 'mine.json'), caseOf(answer));
    writeFileSync(join(folder, 'source.txt'), 'one');
    const from = JSON.stringify({ command: ['sh', '-c', script] });
    writeFileSync(
      join(folder, 'plimsoll.yaml'),
      `name: small\nmodel: { from: ${from}, source: source.txt }\nbounds: { batch: 4 }\nplatforms: [linux/amd64]\n`,
    );
    rmSync(join(folder, 'model.onnx'));
    return folder;
  }
});

/** Of the network in small world's projects, whose weights are known: its first layer gives its bias alone. */
function answerToZeros(): readonly number[] {
  const weight = (index: number): number => Math.sin(index) / 8;
  const hidden = Array.from({ length: 301 }, (_, index) => Math.max(0, weight(index)));
  return [0, 1, 2].map((output) => hidden.reduce((sum, value, index) => sum + value * weight(3 * index + output), 0));
}

function caseOf(outputs: readonly number[]): string {
  return JSON.stringify({
    schema: 'plimsoll.case/1',
    name: 'row-01',
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 40], data: Array(40).fill(0) }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 3], data: outputs }],
  });
}

function failure(code: string, exit: number): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Failure, String(error));
    assert.deepEqual([error.code, error.exit], [code, exit]);
    return true;
  };
}
