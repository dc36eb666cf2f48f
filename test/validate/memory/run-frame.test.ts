import assert from 'node:assert/strict';
import type { Model } from '../../../src/onnx/model.ts';
import { PROCESSORS } from '../../../src/validate/memory/processor.ts';
import { runFrames } from '../../../src/validate/memory/run-frame.ts';
import { simulateRun } from '../../../src/validate/memory/simulate-run.ts';
import { Unknowns } from '../../../src/validate/memory/unknowns.ts';
import { inferShapes } from '../../../src/validate/shapes/infer-shapes.ts';
import type { ShapedGraph, ShapedModel } from '../../../src/validate/shapes/shaped-model.ts';
import { shapesAtBounds } from '../../../src/validate/shapes/shapes-at-bounds.ts';
import { model, node, weight } from '../../support/model-builder.ts';

const SAME = { pads: [1, 1, 1, 1] };
const STRIDE = { pads: [1, 1, 1, 1], strides: [2, 2] };
const stored = (text: string) => weight(text, { data: { kind: 'none' } });

const models: Readonly<Record<string, Model>> = {
  'a network with a branch that is added': model({
    inputs: ['float[n, 3, 32, 32] x'],
    outputs: ['float[n, 24, 16, 16] y'],
    nodes: [
      node('a = Conv(x, v)', STRIDE),
      node('b = Relu(a)'),
      node('c = Conv(b, w)', SAME),
      node('d = Add(c, b)'),
      node('e = Conv(d, w)', SAME),
      node('y = Relu(e)'),
    ],
    initializers: [stored('float[24, 3, 3, 3] v'), stored('float[24, 24, 3, 3] w')],
  }),
  'images of any size': model({
    inputs: ['float[n, 3, height, 32] x'],
    outputs: ['float[n, 16, ?, 16] y'],
    nodes: [node('a = Conv(x, v)', STRIDE), node('b = Conv(x, v)', STRIDE), node('y = Add(a, b)')],
    initializers: [stored('float[16, 3, 3, 3] v')],
  }),
  'a sum of images that are alike at some sizes only': model({
    inputs: ['float[n, 3, height, 4] x', 'float[n, 3, other, 4] z'],
    outputs: ['float[n, 16, ?, 4] y'],
    nodes: [node('a = Conv(x, v)', SAME), node('b = Conv(z, v)', SAME), node('y = Add(a, b)')],
    initializers: [stored('float[16, 3, 3, 3] v')],
  }),
  'products of many kinds': model({
    inputs: ['float[n, height, 64] x'],
    outputs: ['float[n, height, 64] y', 'float[n, height, height] s'],
    nodes: [
      node('a = Transpose(x)', { perm: [0, 2, 1] }),
      node('b = MatMul(x, a)'),
      node('s = Softmax(b)'),
      node('c = Softmax(b)', { axis: 1 }),
      node('d = MatMul(c, x)'),
      node('y = MatMul(d, w)'),
    ],
    initializers: [stored('float[64, 64] w')],
  }),
};

const SIZES = [
  { n: 1, height: 1, other: 1 },
  { n: 2, height: 8, other: 8 },
  { n: 5, height: 7, other: 1 },
];

describe('The frame of a run', () => {
  for (const [name, each] of Object.entries(models)) {
    it(`tells at all bounds what a simulation of its own does: ${name}`, () => {
      const symbolic = inferShapes(each);
      for (const sizes of SIZES)
        for (const processor of PROCESSORS)
          for (const prepacked of [false, true]) {
            const bounds = new Map(Object.entries(sizes));
            const settled = shapesAtBounds(symbolic, bounds) as ShapedModel;
            const told = [settled, inferShapes(each, { bounds })].map((shaped) =>
              momentsOf(shaped, { symbolic, settings: { threads: 2, prepacked, inBlocks: prepacked, processor } }),
            );
            assert.deepEqual(told[0], told[1], JSON.stringify({ sizes, prepacked, processor: processor.name }));
          }
    });
  }

  it('is there where bounds decide nothing but sizes, and not where they decide what runs', () => {
    const isFramed = Object.values(models).map((each) => {
      const { settled } = shapesAtBounds(
        inferShapes(each),
        new Map(Object.entries({ n: 2, height: 8, other: 8 })),
      ) as ShapedModel;
      const settings = {
        threads: 2,
        prepacked: true,
        inBlocks: true,
        processor: PROCESSORS[0] as (typeof PROCESSORS)[number],
      };
      return settled !== undefined && runFrames(settled, settings) !== null;
    });
    assert.deepEqual(isFramed, [true, true, false, true]);
  });
});

function momentsOf(shaped: ShapedGraph, facts: Pick<Parameters<typeof simulateRun>[0], 'symbolic' | 'settings'>) {
  const unknowns = new Unknowns();
  const { first, later, outputBytes, liveAt } = simulateRun({ shaped, unknowns, ...facts });
  assert.ok(unknowns.isEmpty);
  const places = Array.from({ length: first.length }, (_, place) => place);
  return [outputBytes, ...places.map((place) => [first.at(place), later.at(place), liveAt(place)])];
}
