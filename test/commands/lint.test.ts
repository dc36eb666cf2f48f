import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Flags } from '../../src/commands/command.ts';
import { lintCommand } from '../../src/commands/lint.ts';
import { makeGroup } from '../../src/container/cgroup/make-group.ts';
import { Failure } from '../../src/nouns/failure.ts';
import type { Report } from '../../src/nouns/report.ts';
import { openSmallWorld, RUNTIME, type SmallWorld } from '../support/small-world.ts';
import { floats, node, saveModel, value } from '../validate/runtime/build-model.ts';
import { testDoor } from './door.ts';

describe('plimsoll lint, its flags', () => {
  const rows: readonly (readonly [title: string, flags: Flags, code: string, said: RegExp])[] = [
    [
      'a size without a unit, and shows the right way',
      { memory: '256' },
      'usage/memory',
      /256 has no unit; write 256MiB/,
    ],
    ['a size that is none', { memory: 'lots' }, 'usage/memory', /"lots" is not a size/],
    ['a profile that is none', { profile: 'quick' }, 'usage/choice', /wanted .*lean.*fast/],
    ['a format that is none', { format: 'yaml' }, 'usage/choice', /text.*json.*sarif.*junit.*markdown.*html/],
    ['an output without a name', { output: '' }, 'usage/output', /name of a file/],
    ['a probe that may run nothing', { probe: true, static: true }, 'usage/probe', /--probe with --static/],
  ];
  for (const [title, flags, code, said] of rows) {
    it(`refuse ${title}`, async () => {
      await assert.rejects(lintCommand.run('examples/sklearn', flags, testDoor()), (error) => {
        assert.ok(error instanceof Failure);
        assert.equal(error.code, code);
        assert.match(`${error.message} ${error.mend}`, said);
        return true;
      });
    });
  }
});

describe('plimsoll lint, the memory', function () {
  this.timeout(60_000);
  let world: SmallWorld;

  before(async function () {
    if (RUNTIME === undefined) this.skip();
    world = await openSmallWorld();
  });
  after(async () => world?.close());

  const lint = async (path: string, flags: Flags = {}): Promise<{ exit: number; report: Report }> => {
    const door = world.door();
    const exit = await lintCommand.run(path, { format: 'json', ...flags }, door);
    return { exit, report: JSON.parse(door.printed.join('\n')) };
  };
  const rulesOf = ({ findings }: Report) => findings.map(({ rule }) => rule);

  it('is null by the file alone until the model was prepared once, and the same afterwards', async () => {
    const path = await world.project('static', 'budget: { memory: 1GiB }\n');
    const before = await lint(path, { static: true });
    assert.equal(before.report.memory, null);
    assert.equal(before.exit, 7, 'a budget that nobody has held anything against is no pass');
    assert.match(
      before.report.findings.find(({ rule }) => rule === 'memory/unknown')?.message ?? '',
      /run plimsoll lint without --static once/,
    );
    const asked = await lint(path);
    assert.equal(asked.exit, 0);
    const after = await lint(path, { static: true });
    assert.equal(after.exit, 0);
    assert.deepEqual(after.report.memory, asked.report.memory);
  });

  it('fails where it does not fit, with the arithmetic and ways out', async () => {
    const path = await world.project('small-budget', 'budget: { memory: 32MiB }\n');
    const { exit, report } = await lint(path);
    assert.equal(exit, 1);
    assert.equal(report.memory?.verdict, 'does-not-fit');
    const finding = report.findings.find(({ rule }) => rule === 'budget/memory');
    assert.match(
      finding?.message ?? '',
      /the container wants .* over its budget of 32\.0 MiB: .* cannot be given back/,
    );
    assert.match(finding?.mend ?? '', /aise budget\.memory to \d+MiB/);
  });

  it('takes limit and profile from the command line over the configuration', async () => {
    const path = await world.project('flags', 'budget: { memory: 32MiB }\n');
    const { exit, report } = await lint(path, { memory: '1GiB', profile: 'lean', bound: ['batch=9'] });
    assert.equal(exit, 0);
    const { limitBytes, profile, bounds, verdict } = report.memory ?? {};
    assert.deepEqual([limitBytes, profile, bounds, verdict], [2 ** 30, 'lean', { batch: 9 }, 'fits']);
  });

  it('is inconclusive where a bound is missing, unless that is accepted', async () => {
    const open = 'budget: { memory: 1GiB }\n';
    const path = await world.project('open', `${open}`);
    const config = join(path, 'plimsoll.yaml');
    writeFileSync(config, `model: model.onnx\n${open}`);
    const first = await lint(path);
    assert.equal(first.exit, 7);
    assert.equal(first.report.memory?.verdict, 'unknown');
    assert.equal(first.report.memory?.recommendedLimitBytes, null);
    writeFileSync(config, `model: model.onnx\n${open}suppress: [{ rule: memory/unknown, reason: a demo }]\n`);
    const second = await lint(path);
    assert.equal(second.exit, 0);
    assert.ok(!rulesOf(second.report).includes('config/unused-suppression'));
  });

  it('is planned, or told to be unknown, of a model that no made-up inputs suit', async () => {
    const path = await world.project('untried', '');
    saveModel(join(path, 'model.onnx'), {
      nodes: [
        node('NonZero', ['x'], ['found']),
        node('Add', ['found', 'far'], ['beyond']),
        node('Gather', ['w', 'beyond'], ['r']),
        node('ReduceMax', ['r'], ['y']),
      ],
      inputs: [value('x', 'float', ['batch', 7]), value('far', 'int64', [1])],
      outputs: [value('y', 'float', [1, 1])],
      initializers: [floats('w', [1], () => 1)],
    });
    const config = 'model: model.onnx\nbudget: { memory: 1GiB }\n';
    writeFileSync(join(path, 'plimsoll.yaml'), config);
    const open = await lint(path);
    assert.equal(open.exit, 7);
    assert.equal(open.report.memory?.verdict, 'unknown');
    assert.deepEqual(
      rulesOf(open.report).filter((rule) => /not-tried|memory/.test(rule)),
      ['memory/unknown', 'runtime/not-tried'],
    );
    const bounded = await lint(path, { bound: ['batch=8', 'found[1]=56'] });
    assert.equal(bounded.exit, 7, 'nothing was run');
    assert.equal(bounded.report.memory?.verdict, 'fits');
  });

  it('breaks no budget of the model without saying so', async () => {
    const path = await world.project('model-budget', 'budget: { model: 1kB }\n');
    const { exit, report } = await lint(path);
    assert.equal(exit, 1);
    assert.ok(rulesOf(report).includes('budget/model'));
  });

  it('writes a report to a file, whole, and leaves standard output alone', async () => {
    const path = await world.project('file');
    const door = world.door();
    const target = join(world.folder, 'report.html');
    assert.equal(await lintCommand.run(path, { format: 'html', output: 'report.html' }, door), 0);
    assert.deepEqual(door.printed, []);
    assert.match(readFileSync(target, 'utf8'), /^<!doctype html>[\s\S]*<\/html>\n$/);
    assert.deepEqual(
      readdirSync(world.folder).filter((name) => name.startsWith('report.html')),
      ['report.html'],
    );
  });

  it('says why a report cannot be written, and leaves nothing half-written', async () => {
    const path = await world.project('unwritable');
    await assert.rejects(
      lintCommand.run(path, { format: 'html', output: 'no/such/folder/report.html' }, world.door()),
      (error) => error instanceof Failure && error.code === 'output/unwritable',
    );
  });

  describe('with a cgroup', () => {
    before(async function () {
      const { made } = makeGroup(null);
      if (made === null || !existsSync(join(process.cwd(), 'dist/templates/server/server.mjs'))) this.skip();
      await made.remove();
    });

    it('is measured by a probe, which is in the report and leaves nothing behind', async () => {
      const path = await world.project('probed', 'budget: { memory: 1GiB }\n');
      const { report } = await lint(path, { probe: true });
      const { probe } = report.memory ?? {};
      assert.ok(probe, JSON.stringify(report.findings));
      assert.equal(probe.fed, 'bounds');
      assert.equal(probe.requests, 5);
      assert.ok(probe.unreclaimableBytes > 10 * 2 ** 20 && probe.unreclaimableBytes < 2 ** 30);
      assert.equal(probe.agrees, !rulesOf(report).includes('memory/plan-differs'));
      const { made } = makeGroup(null);
      assert.ok(made);
      const left = readdirSync(join(made.group.folder, '..')).filter((name) => name.startsWith('plimsoll-probe'));
      await made.remove();
      assert.equal(left.length, 1);
    });
  });
});
