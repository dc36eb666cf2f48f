import assert from 'node:assert/strict';
import { MemoryTable } from '../../schemas/plan.ts';
import { makeMemoryTable } from '../../src/recipes/memory-table.ts';
import { planMemory } from '../../src/validate/memory/plan-memory.ts';
import { model, node, weight } from '../support/model-builder.ts';

const MIB = 2 ** 20;

const net = model({
  inputs: ['float[batch, length, 64] x'],
  outputs: ['float[batch, length, 64] y'],
  nodes: [node('a = Neg(x)'), node('b = Exp(a)'), node('y = MatMul(b, w)')],
  initializers: [weight('float[64, 64] w')],
});

const FACTS = { model: net, profile: 'lean', bounds: { batch: 8, length: 100 }, maxSize: 12 } as const;

describe('The memory table of a plan', () => {
  it('has the needs of runs at powers of two rows and at halves of other bounds', () => {
    const table = MemoryTable.parse(makeMemoryTable(FACTS));
    assert.deepEqual(table.axes, [
      { name: 'batch', input: 'x', axis: 0, sizes: [1, 2, 4, 8, 12] },
      { name: 'length', input: 'x', axis: 1, sizes: [13, 25, 50, 100] },
    ]);
    assert.equal(table.rowsAxis, 0);
    assert.equal(table.runBytes.length, 20);
  });

  it('agrees with the plan at each of its points', () => {
    const table = makeMemoryTable(FACTS);
    const plan = planMemory({
      model: net,
      profile: 'lean',
      bounds: new Map([
        ['batch', 4],
        ['length', 50],
      ]),
      earlierRequests: 0,
    });
    assert.ok(plan.state === 'known' && table !== null);
    assert.equal(table.runBytes[2 * 4 + 2], plan.runBytes);
    assert.ok(plan.runBytes > 2 * 4 * 50 * 64 * 4);
  });

  it('never falls along an axis', () => {
    const { runBytes, axes } = makeMemoryTable(FACTS) ?? assert.fail();
    const columns = axes[1]?.sizes.length ?? 0;
    runBytes.forEach((bytes, index) => {
      if (index % columns > 0) assert.ok(bytes >= (runBytes[index - 1] ?? 0));
      if (index >= columns) assert.ok(bytes >= (runBytes[index - columns] ?? 0));
    });
  });

  it('takes the bound of rows as that of any dimension where requests do not share runs', () => {
    const table = makeMemoryTable({ ...FACTS, maxSize: null });
    assert.deepEqual(table?.axes[0]?.sizes, [1, 2, 4, 8]);
    assert.equal(table?.rowsAxis, null);
  });

  it('is not made where a dimension has no bound', () => {
    assert.equal(makeMemoryTable({ ...FACTS, bounds: { batch: 8 } }), null);
    assert.notEqual(makeMemoryTable({ ...FACTS, bounds: { length: 8 } }), null, 'rows have the largest run for one');
  });

  it('stays small for a model with many open dimensions', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const many = model({
      inputs: [`float[batch, ${names.join(', ')}] x`],
      outputs: [`float[batch, ${names.join(', ')}] y`],
      nodes: [node('y = Neg(x)')],
    });
    const bounds = Object.fromEntries(names.map((name) => [name, 16]));
    const table = makeMemoryTable({ model: many, profile: 'lean', bounds, maxSize: 32 });
    assert.ok(table && table.runBytes.length <= 96, `${table?.runBytes.length}`);
    assert.ok((table.runBytes[table.runBytes.length - 1] ?? 0) > MIB);
  });

  it('has a single entry where nothing is open', () => {
    const fixed = model({ inputs: ['float[4] x'], outputs: ['float[4] y'], nodes: [node('y = Neg(x)')] });
    const table = makeMemoryTable({ model: fixed, profile: 'fast', bounds: {}, maxSize: null });
    assert.deepEqual([table?.axes, table?.runBytes.length], [[], 1]);
  });
});
