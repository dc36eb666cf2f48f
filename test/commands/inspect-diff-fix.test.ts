import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diffCommand } from '../../src/commands/diff.ts';
import { fixCommand } from '../../src/commands/fix.ts';
import { inspectCommand } from '../../src/commands/inspect.ts';
import type { Failure } from '../../src/nouns/failure.ts';
import { writeModel } from '../../src/onnx/write-model.ts';
import { model, node, weight } from '../support/model-builder.ts';
import { testDoor } from './door.ts';

describe('inspect, diff and fix', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plimsoll-commands-'));
  const [old, now] = [join(folder, 'old.onnx'), join(folder, 'new.onnx')];
  after(() => rmSync(folder, { recursive: true, force: true }));
  before(async () => {
    const parts = {
      inputs: ['float[batch,4] x'],
      outputs: ['float[batch,3] y'],
      initializers: [weight('float[4,3] a.very.long.name.of.a.weight.in.the.middle.of.a.deep.module.tree.weight')],
      nodes: [node('y = MatMul(x, a.very.long.name.of.a.weight.in.the.middle.of.a.deep.module.tree.weight)')],
    };
    await writeModel(model({ ...parts, producerName: 'pytorch\u001B[31m' }), old);
    await writeModel(model({ ...parts, inputs: ['float[2,4] x'] }), now);
  });

  it('inspect shows a page that fits the screen', async () => {
    for (const columns of [60, 80, 200]) {
      const door = testDoor({ columns, env: { NO_COLOR: '1' } });
      assert.equal(await inspectCommand.run(old, {}, door), 0);
      const lines = door.printed.join('\n').split('\n');
      assert.ok(lines.slice(1).every((line) => line.length <= columns));
      assert.ok(lines.some((line) => line.includes('x  float  [batch, 4]')));
    }
  });

  it('inspect colours a terminal alone, and lets no model colour it', async () => {
    const plain = testDoor();
    const coloured = testDoor({ columns: 80 });
    await inspectCommand.run(old, {}, plain);
    await inspectCommand.run(old, {}, coloured);
    assert.ok(!plain.printed.join().includes('\u001B'));
    assert.ok(coloured.printed.join().includes('\u001B[1mInputs'));
    assert.ok(!coloured.printed.join().includes('\u001B[31m'));
    assert.ok(plain.printed.join().includes('pytorch\\u001b[31m'));
  });

  it('inspect as JSON has the keys of the report', async () => {
    const door = testDoor();
    await inspectCommand.run(old, { format: 'json' }, door);
    const { schema, tool, model: facts, operators } = JSON.parse(door.printed.join());
    assert.deepEqual([schema, tool.name], ['plimsoll.inspect/1', 'plimsoll']);
    assert.deepEqual([facts.parameters, facts.nodes, facts.opsets], [12, 1, { 'ai.onnx': 21 }]);
    assert.deepEqual(operators.counts, { 'ai.onnx:MatMul': 1 });
  });

  it('diff exits with 1 for other models only where it is asked to', async () => {
    const rows: readonly (readonly [string, boolean, number])[] = [
      [now, false, 0],
      [now, true, 1],
      [old, true, 0],
    ];
    for (const [other, exitCode, wanted] of rows) {
      assert.equal(await diffCommand.run(old, { new: other, exitCode }, testDoor()), wanted);
    }
  });

  it('diff says first what breaks clients', async () => {
    const door = testDoor();
    await diffCommand.run(old, { new: now }, door);
    const [title, first] = door.printed.join('\n').split('\n');
    assert.equal(title, 'Signature  clients of the old model may fail');
    assert.equal(first, '  breaks  input x  dimension 0 is fixed to 2 now, open before');
  });

  it('diff as JSON names both models and every change', async () => {
    const door = testDoor();
    await diffCommand.run(old, { new: now, format: 'json' }, door);
    const difference = JSON.parse(door.printed.join());
    assert.deepEqual([difference.schema, difference.old, difference.new], ['plimsoll.diff/1', old, now]);
    assert.deepEqual([difference.same, difference.breaking], [false, true]);
  });

  it('fix --list shows what each mend would do, and writes nothing', async () => {
    const door = testDoor();
    assert.equal(await fixCommand.run(old, { list: true, format: 'json' }, door), 0);
    const { mends } = JSON.parse(door.printed.join());
    assert.ok(mends.some((mend: { rule: string }) => mend.rule === 'production/zipmap'));
    assert.ok(mends.every((mend: { changes: unknown[] }) => mend.changes.length === 0));
  });

  const refusals = [
    { title: 'no place for the result', flags: {}, code: 'usage/out' },
    {
      title: 'a rule without a mend',
      flags: { out: 'o.onnx', only: ['production/zipmp'] },
      code: 'usage/mend',
      mend: /production\/zipmap/,
    },
    { title: 'a size without a unit', flags: { out: 'o.onnx', externalFrom: '12' }, code: 'usage/size' },
    { title: 'an unknown format', flags: { out: 'o.onnx', format: 'xml' }, code: 'usage/choice' },
  ];
  for (const { title, flags, code, mend = /./ } of refusals) {
    it(`fix refuses ${title}`, async () => {
      await assert.rejects(fixCommand.run(old, flags, testDoor()), (failure: Failure) => {
        assert.equal(failure.code, code);
        assert.match(failure.mend, mend);
        return failure.exit === 2;
      });
    });
  }
});
