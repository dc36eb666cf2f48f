import assert from 'node:assert/strict';
import type { Model } from '../../../src/onnx/model.ts';
import { inferShapes } from '../../../src/validate/shapes/infer-shapes.ts';
import { haveSameShapes, shapesAtBounds } from '../../../src/validate/shapes/shapes-at-bounds.ts';
import { graph, model, node, weight } from '../../support/model-builder.ts';

const integers = (name: string, ...values: readonly number[]) =>
  weight(`int64[${values.length}] ${name}`, {
    data: { kind: 'memory', bytes: new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer) },
  });

const models: Readonly<Record<string, Model>> = {
  'windows and reshapes': model({
    inputs: ['float[batch, 8, height, 32] x'],
    outputs: ['float[?] y'],
    nodes: [
      node('a = MaxPool(x)', { kernel_shape: [3, 3], strides: [2, 2] }),
      node('b = Reshape(a, flat)'),
      node('y = Softmax(b)'),
    ],
    initializers: [integers('flat', 0, -1)],
  }),
  'sums of lengths': model({
    inputs: ['float[batch, length, 4] x', 'float[batch, past, 4] p'],
    outputs: ['float[?] y'],
    nodes: [
      node('a = Concat(x, p)', { axis: 1 }),
      node('b = Transpose(a)', { perm: [0, 2, 1] }),
      node('y = MatMul(a, b)'),
    ],
  }),
  broadcasting: model({
    inputs: ['float[batch, 1, length] x', 'float[batch, length, 1] z'],
    outputs: ['float[?] y'],
    nodes: [node('y = Add(x, z)')],
  }),
  branches: model({
    inputs: ['bool[] c', 'float[batch, 16] x'],
    outputs: ['float[?] y'],
    nodes: [
      node('y = If(c)', {
        then_branch: graph({ outputs: ['float[?] a'], nodes: [node('a = Relu(x)')] }),
        else_branch: graph({ outputs: ['float[?] b'], nodes: [node('b = Neg(x)')] }),
      }),
    ],
  }),
};

describe('Shapes at bounds, from what is known without them', () => {
  for (const [name, each] of Object.entries(models)) {
    it(`are those that inference finds: ${name}`, () => {
      const symbolic = inferShapes(each);
      for (const size of [1, 2, 7, 64]) {
        const bounds = new Map(['batch', 'height', 'length', 'past'].map((symbol, at) => [symbol, size + 8 * at]));
        const settled = shapesAtBounds(symbolic, bounds);
        assert.ok(settled && haveSameShapes(settled, inferShapes(each, { bounds })), `${size}`);
      }
    });
  }

  it('are not told where data decide a size, nor of texts, nor where a bound is missing', () => {
    const nonZero = model({ inputs: ['float[batch] x'], outputs: ['int64[?] y'], nodes: [node('y = NonZero(x)')] });
    const texts = model({ inputs: ['string[batch] x'], outputs: ['string[?] y'], nodes: [node('y = Identity(x)')] });
    for (const each of [nonZero, texts]) assert.equal(shapesAtBounds(inferShapes(each), new Map([['batch', 4]])), null);
    assert.equal(shapesAtBounds(inferShapes(models.broadcasting as Model), new Map([['batch', 4]])), null);
  });

  it('differ where a dimension, a type or a value does', () => {
    const [four, five] = [4, 5].map((batch) =>
      inferShapes(models.branches as Model, { bounds: new Map([['batch', batch]]) }),
    );
    assert.ok(four && five && haveSameShapes(four, four));
    assert.equal(haveSameShapes(four, five), false);
    assert.equal(haveSameShapes(four, { ...four, values: new Map([...four.values].slice(1)) }), false);
    assert.equal(haveSameShapes(four, { ...four, inner: new Map() }), false);
  });
});
