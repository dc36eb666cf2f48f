import assert from 'node:assert/strict';
import type { Model } from '../../../src/onnx/model.ts';
import { boundsOfRefused } from '../../../src/validate/memory/bounds-of-refused.ts';
import { planMemory } from '../../../src/validate/memory/plan-memory.ts';
import { graph, model, node, weight } from '../../support/model-builder.ts';

const MIB = 2 ** 20;

/** One rate takes rows of any width, the other one windows of 96 numbers, two at most, of which it makes a MiB for each row. */
function ofTwoRates(parts: { readonly condition?: string } = {}): Model {
  const { condition = 'isWide' } = parts;
  return model({
    inputs: ['bool[] isWide', 'float[batch,n] x'],
    outputs: ['float[batch,?] y'],
    nodes: [
      node('shape = Shape(x)', { start: 1, end: 2 }),
      node('isLong = Greater(shape, two)'),
      node(`y = If(${condition})`, {
        then_branch: graph({ outputs: ['float[?,?] wide'], nodes: [node('wide = Relu(x)')] }),
        else_branch: graph({
          outputs: ['float[?,?] narrow'],
          nodes: [
            node('rows = Unsqueeze(x, one)'),
            node('windows = MaxPool(rows)', { kernel_shape: [96], strides: [96] }),
            node('one_window = Squeeze(windows, last)'),
            node('product = MatMul(one_window, w)'),
            node('narrow = ReduceMax(product, last)', { keepdims: 1 }),
          ],
        }),
      }),
    ],
    initializers: [
      weight('float[1,262144] w'),
      weight('int64[1] one', { data: int64(1) }),
      weight('int64[1] last', { data: int64(-1) }),
      weight('int64[1] two', { data: int64(2) }),
    ],
  });
}

function int64(value: number) {
  return { kind: 'memory', bytes: new Uint8Array(BigInt64Array.of(BigInt(value)).buffer) } as const;
}

const bounds = new Map([
  ['batch', 8],
  ['n', 1000],
]);

describe('Branches that the bounds do not suit', () => {
  it('are found the largest size of a dimension that they take', () => {
    assert.deepEqual(boundsOfRefused(ofTwoRates(), bounds), [new Map([...bounds, ['n', 191]])]);
  });

  it('are none where all go, and none that a known condition passes by', () => {
    assert.deepEqual(boundsOfRefused(ofTwoRates(), new Map([...bounds, ['n', 100]])), []);
    assert.deepEqual(boundsOfRefused(ofTwoRates({ condition: 'isLong' }), bounds), []);
  });

  it('are planned at that size, and the plan is the larger one', () => {
    const planAt = (n: number) => {
      const plan = planMemory({ model: ofTwoRates(), profile: 'lean', bounds: new Map([...bounds, ['n', n]]) });
      if (plan.state === 'unknown') assert.fail(JSON.stringify(plan.undeclared.values));
      return plan;
    };
    // The product, beside the answer of a row.
    assert.ok(Math.abs(planAt(1000).breakdown.kernelScratch - 8 * MIB) < MIB / 4);
    assert.equal(planAt(1000).upperBoundBytes, planAt(191).upperBoundBytes);
    // Until the other branch takes more at the bounds themselves.
    assert.ok(planAt(1_000_000).upperBoundBytes > planAt(191).upperBoundBytes + 20 * MIB);
  });

  it('do not make a plan unknown where a known condition passes them by', () => {
    const plan = planMemory({ model: ofTwoRates({ condition: 'isLong' }), profile: 'lean', bounds });
    assert.equal(plan.state, 'known');
  });
});
