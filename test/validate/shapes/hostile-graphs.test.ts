import assert from 'node:assert/strict';
import type { Graph, LocalFunction, Node } from '../../../src/onnx/model.ts';
import { inferShapes } from '../../../src/validate/shapes/infer-shapes.ts';
import { fn, graph, type ModelParts, model, node, weight } from '../../support/model-builder.ts';

const count = <T>(length: number, make: (index: number) => T): T[] => Array.from({ length }, (_, index) => make(index));
const chain = (length: number, make: (from: string, to: string) => Node): Node[] =>
  count(length, (index) => make(`x${index}`, `x${index + 1}`));

/** Thirty functions that each call the next twice: a billion calls if each were followed. */
const doubling = (last: Node): LocalFunction[] =>
  count(30, (i) =>
    fn(`y = loc.F${i}(x)`, i < 29 ? [node(`a = loc.F${i + 1}(x)`), node(`y = loc.F${i + 1}(a)`)] : [last]),
  );

/** Loops within loops, each of which makes its tensor larger. */
const nested = (depth: number): Graph =>
  graph({
    inputs: [`int64[] i${depth}`, `bool[] c${depth}`, `float[n] s${depth}`],
    outputs: [`bool c${depth}`, `float o${depth}`],
    nodes:
      depth === 0
        ? [node('o0 = Concat(s0, s0)', { axis: 0 })]
        : [node(`o${depth} = Loop(rounds, , s${depth})`, { body: nested(depth - 1) })],
  });

/** The machine that runs the tests may be busy; without the limits each of these takes minutes or never ends. */
const PATIENCE_MS = 20_000;

describe('inferShapes on graphs made to hurt it', () => {
  const calls = { inputs: ['float[n] x'], opsets: { 'ai.onnx': 21, loc: 1 }, nodes: [node('y = loc.F0(x)')] };
  const rows: readonly [title: string, parts: ModelParts][] = [
    [
      'a hundred thousand nodes',
      { inputs: ['float[n,3] x0'], nodes: chain(100_000, (from, to) => node(`${to} = Relu(${from})`)) },
    ],
    ['functions that call the next twice', { ...calls, functions: doubling(node('y = Relu(x)')) }],
    [
      'such functions with another size in each call',
      { ...calls, functions: doubling(node('y = Concat(x, x)', { axis: 0 })) },
    ],
    ['such functions with sizes that depend on data', { ...calls, functions: doubling(node('y = Unique(x)')) }],
    [
      'loops within loops',
      { inputs: ['float[n] x', 'int64[] rounds'], nodes: [node('y = Loop(rounds, , x)', { body: nested(30) })] },
    ],
    [
      'loops within loops of a known number of rounds',
      {
        inputs: ['float[n] x'],
        nodes: [node('rounds = Constant()', { value_int: 100 }), node('y = Loop(rounds, , x)', { body: nested(20) })],
      },
    ],
    [
      'sizes that double',
      {
        inputs: ['float[n] x0'],
        nodes: chain(2_000, (from, to) => node(`${to} = Concat(${from}, ${from})`, { axis: 0 })),
      },
    ],
    [
      'expressions that grow',
      {
        inputs: ['float[a,b,h,w] x0'],
        nodes: chain(2_000, (from, to) =>
          node(`${to} = MaxPool(${from})`, { kernel_shape: [3, 2], strides: [2, 3], ceil_mode: 1 }),
        ),
      },
    ],
    [
      'a hundred thousand dimensions',
      {
        inputs: [`float[${count(100_000, () => 2).join(',')}] x`],
        nodes: [node('y = Transpose(x)'), node('z = Flatten(x)')],
      },
    ],
    ['operators of any number of inputs that have none', { nodes: [node('y = Max()'), node('z = Sum()')] }],
    [
      'an input twenty thousand times',
      { inputs: ['float[n] x'], nodes: [node(`y = Concat(${count(20_000, () => 'x').join(',')})`, { axis: 0 })] },
    ],
    [
      'small tensors computed again and again',
      {
        inputs: ['float[n] x'],
        initializers: [weight('int64[1024] x0')],
        nodes: chain(20_000, (from, to) => node(`${to} = Add(${from}, ${from})`)),
      },
    ],
    ['a cycle', { inputs: ['float[n] x'], nodes: [node('a = Add(x, b)'), node('b = Relu(a)')] }],
    [
      'nodes in reverse order',
      { inputs: ['float[n] x0'], nodes: chain(20_000, (from, to) => node(`${to} = Relu(${from})`)).reverse() },
    ],
  ];
  for (const [title, parts] of rows) {
    it(`comes to an end with ${title}`, () => {
      const hostile = model(parts);
      const started = performance.now();
      const shaped = inferShapes(hostile);
      assert.ok(performance.now() - started < PATIENCE_MS);
      for (const { outputs } of hostile.graph.nodes)
        for (const name of outputs) assert.ok(shaped.values.has(name), name);
    });
  }

  it('names the function that calls itself', () => {
    const loop = fn('y = loc.F0(x)', [node('y = loc.F0(x)')]);
    const { conflicts } = inferShapes(model({ ...calls, functions: [loop] }));
    assert.equal(conflicts[0]?.message, 'function loc:F0 calls itself');
  });

  it('keeps so many conflicts and says that there are more', () => {
    const nodes = count(3_000, (index) => node(`z${index} = Add(x, y)`));
    const shaped = inferShapes(model({ inputs: ['float[2] x', 'float[3] y'], nodes }), { limits: { conflicts: 10 } });
    assert.equal(shaped.conflicts.length, 10);
    assert.ok(shaped.hasMoreConflicts);
  });
});
