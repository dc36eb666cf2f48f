import assert from 'node:assert/strict';
import type { Model } from '../../../src/onnx/model.ts';
import { blockedLayout } from '../../../src/validate/memory/blocked-layout.ts';
import { planMemory } from '../../../src/validate/memory/plan-memory.ts';
import { processorOf } from '../../../src/validate/memory/processor.ts';
import { isSized, sizesOf } from '../../../src/validate/memory/value-sizes.ts';
import { inferShapes } from '../../../src/validate/shapes/infer-shapes.ts';
import { model, node, weight } from '../../support/model-builder.ts';

const PROCESSOR = processorOf('x86-64 AVX-512');
const SAME = { pads: [1, 1, 1, 1] };

function filters(name: string, outputs: number, inputs: number) {
  return weight(`float[${outputs}, ${inputs}, 3, 3] ${name}`, { data: { kind: 'none' } });
}

/** What runs, and how large what it makes is. */
function blocked(of: Model, bounds: Record<string, number> = { n: 1 }): readonly string[] {
  const shaped = inferShapes(of, { bounds: new Map(Object.entries(bounds)) });
  const [way] = blockedLayout({ shaped, symbolic: undefined }, PROCESSOR);
  const after = way?.shaped ?? shaped;
  const sizes = sizesOf(after, undefined);
  return after.graph.nodes.map(({ opType, domain, outputs: [name = ''] }) => {
    const size = sizes(name);
    return `${domain === '' ? '' : 'blocked '}${opType} ${isSized(size) ? size.dims.join('x') : '?'}`;
  });
}

// Each was held against the graph that onnxruntime 1.30.0 writes at level `all`.
describe('The blocked layout', () => {
  it('reads few channels as they are, pads what it makes to whole blocks, and gives the layout back at the end', () => {
    const one = model({
      inputs: ['float[n, 3, 8, 8] x'],
      outputs: ['float[n, 5, 8, 8] y'],
      nodes: [node('y = Conv(x, w)', SAME)],
      initializers: [filters('w', 5, 3)],
    });
    assert.deepEqual(blocked(one), ['blocked Conv 1x16x8x8', 'blocked ReorderOutput 1x5x8x8']);
  });

  it('turns images with more channels to blocks, once for all that take them', () => {
    const two = model({
      inputs: ['float[n, 20, 8, 8] x'],
      outputs: ['float[n, 32, 8, 8] y', 'float[n, 16, 8, 8] z'],
      nodes: [node('y = Conv(x, v)', SAME), node('z = Conv(x, w)', SAME)],
      initializers: [filters('v', 32, 20), filters('w', 16, 20)],
    });
    assert.equal(blocked(two).filter((text) => text === 'blocked ReorderInput 1x32x8x8').length, 1);
  });

  it('leaves what is joined beside images alone, whole numbers too', () => {
    const beside = model({
      inputs: ['float[n, 3, 8, 8] x', 'int64[n, 2] a', 'int64[n, 2] b'],
      outputs: ['float[n, 16, 8, 8] y', 'int64[n, 4] c'],
      nodes: [node('y = Conv(x, w)', SAME), node('c = Concat(a, b)', { axis: 1 })],
      initializers: [filters('w', 16, 3)],
    });
    assert.deepEqual(blocked(beside), ['Concat 1x4', 'blocked Conv 1x16x8x8', 'blocked ReorderOutput 1x16x8x8']);
  });

  it('adds what skips a convolution within it, and activates there', () => {
    const skip = model({
      inputs: ['float[n, 3, 8, 8] x'],
      outputs: ['float[n, 16, 8, 8] y'],
      nodes: [node('a = Conv(x, v)', SAME), node('b = Conv(a, w)', SAME), node('c = Add(b, a)'), node('y = Relu(c)')],
      initializers: [filters('v', 16, 3), filters('w', 16, 16)],
    });
    assert.deepEqual(blocked(skip), [
      'blocked Conv 1x16x8x8',
      'blocked Conv 1x16x8x8',
      'blocked ReorderOutput 1x16x8x8',
    ]);
  });

  it('adds one thing within a convolution, and what comes on top by itself', () => {
    const twice = model({
      inputs: ['float[n, 3, 8, 8] x'],
      outputs: ['float[n, 16, 8, 8] y'],
      nodes: [node('a = Conv(x, v)', SAME), node('b = Conv(a, w)', SAME), node('c = Add(b, a)'), node('y = Add(c, a)')],
      initializers: [filters('v', 16, 3), filters('w', 16, 16)],
    });
    assert.deepEqual(blocked(twice), [
      'blocked Conv 1x16x8x8',
      'blocked Conv 1x16x8x8',
      'Add 1x16x8x8',
      'blocked ReorderOutput 1x16x8x8',
    ]);
  });

  it('leaves convolutions alone whose groups do not fill a block, and turns images back before them', () => {
    const grouped = model({
      inputs: ['float[n, 3, 8, 8] x'],
      outputs: ['float[n, 16, 8, 8] y'],
      nodes: [node('a = Conv(x, v)', SAME), node('y = Conv(a, w)', { ...SAME, group: 4 })],
      initializers: [filters('v', 16, 3), filters('w', 16, 4)],
    });
    assert.deepEqual(blocked(grouped), ['Conv 1x16x8x8', 'blocked Conv 1x16x8x8', 'blocked ReorderOutput 1x16x8x8']);
  });

  const summed = (sum: string, last: string) =>
    model({
      opsets: { 'ai.onnx': 21, 'com.microsoft': 1 },
      inputs: ['float[n, 3, 8, 8] x', 'float[16] given'],
      outputs: ['float[n, 16, 8, 8] y'],
      nodes: [node('a = Conv(x, v)', SAME), node(`s = ${sum}`), node(`y = ${last}`, SAME)],
      initializers: [filters('v', 16, 3), filters('w', 16, 16), weight('float[16] b', { data: { kind: 'none' } })],
    });

  for (const [what, sum, last, isTaken] of [
    ['takes over a convolution whose sum lies in blocks', 'Relu(x)', 'com.microsoft.FusedConv(a, w, b, a)', true],
    ['leaves one alone whose sum does not', 'LeakyRelu(a)', 'com.microsoft.FusedConv(a, w, b, s)', false],
    ['leaves one alone whose bias is left out before a sum', 'Relu(x)', 'com.microsoft.FusedConv(a, w, , a)', false],
    ['leaves one alone whose bias is no weight', 'Relu(x)', 'Conv(a, w, given)', false],
  ] as const)
    it(what, () => {
      const taken = blocked(summed(sum, last)).filter((text) => text.startsWith('blocked Conv'));
      assert.equal(taken.length, isTaken ? 2 : 1);
    });

  for (const { operator, isKept } of [
    { operator: 'Tanh', isKept: true },
    { operator: 'LeakyRelu', isKept: false },
  ])
    it(`${isKept ? 'goes on' : 'ends'} at ${operator} of joined images`, () => {
      const joined = model({
        inputs: ['float[n, 3, 8, 8] x'],
        outputs: ['float[n, 32, 4, 4] y'],
        nodes: [
          node('a = Conv(x, v)', SAME),
          node('b = Conv(x, w)', SAME),
          node('c = Concat(a, b)', { axis: 1 }),
          node(`d = ${operator}(c)`),
          node('y = MaxPool(d)', { kernel_shape: [2, 2], strides: [2, 2] }),
        ],
        initializers: [filters('v', 16, 3), filters('w', 16, 3)],
      });
      const turned = blocked(joined).filter((text) => text.includes('Reorder'));
      assert.equal(turned.length, isKept ? 1 : 3);
    });

  it('holds the most of what images may that are turned back in an order of chance', () => {
    const bounds = new Map([['n', 4]]);
    const image = 4 * 16 * 64 * 64 * 4;
    const peakOf = (last: string) => {
      const joined = model({
        inputs: ['float[n, 3, 64, 64] x'],
        outputs: ['float[n, 16, 64, 64] y'],
        nodes: [
          node('a = Conv(x, v)', SAME),
          node('b = Conv(a, w)', SAME),
          node('m = GlobalAveragePool(b)'),
          node(`y = ${last}`),
        ],
        initializers: [filters('v', 16, 3), filters('w', 16, 16)],
      });
      const plan = planMemory({ model: joined, profile: 'fast', bounds, processor: PROCESSOR });
      return plan.state === 'known' ? plan.breakdown.activations : Number.NaN;
    };
    // In blocks, turned back at once, and what the second convolution makes.
    for (const last of ['Sub(a, m)', 'Sub(m, a)']) assert.ok(peakOf(last) >= 3 * image, last);
  });

  it('changes nothing where there is no image', () => {
    const plain = model({
      inputs: ['float[n, 4] x'],
      outputs: ['float[n, 4] y'],
      nodes: [node('y = Relu(x)')],
    });
    assert.deepEqual(blocked(plain), ['Relu 1x4']);
  });
});
