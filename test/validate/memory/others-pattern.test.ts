import assert from 'node:assert/strict';
import { findsOthersPattern } from '../../../src/validate/memory/others-pattern.ts';
import { planMemory } from '../../../src/validate/memory/plan-memory.ts';
import { model, node } from '../../support/model-builder.ts';

/** Two inputs of one shape, as encoders have them, or one. */
function encoder(inputs: number) {
  return model({
    inputs: ['float[batch, width] x', 'float[batch, width] z'].slice(0, inputs),
    outputs: ['float[batch, width] y'],
    nodes: [
      node('a = Neg(x)'),
      node('b = Concat(a, a)', { axis: 1 }),
      node('c = Concat(b, x)', { axis: 1 }),
      node(`d = ReduceSum(c)`, { keepdims: 1 }),
      node(inputs === 2 ? 'y = Add(d, z)' : 'y = Add(d, x)'),
    ],
  });
}

const bounds = (batch: number) =>
  new Map([
    ['batch', batch],
    ['width', 262144],
  ]);

describe("Runs that find another shape's pattern", () => {
  it('are those of models whose inputs are alike: the dimensions cancel out', () => {
    assert.equal(findsOthersPattern(encoder(2).graph, bounds(8)), true);
    assert.equal(findsOthersPattern(encoder(1).graph, bounds(8)), false);
  });

  it('are none where the bounds are what the server runs first', () => {
    assert.equal(findsOthersPattern(encoder(2).graph, bounds(1)), false);
  });

  it('are expected to make each buffer by itself, and bounded as if they did not', () => {
    const plan = (inputs: number) =>
      planMemory({ model: encoder(inputs), profile: 'lean', bounds: bounds(8), transport: 'binary', seat: 'worker' });
    const [one, two] = [plan(1), plan(2)];
    assert.ok(one.state === 'known' && two.state === 'known');
    assert.ok(two.breakdown.activations < one.breakdown.activations);
    assert.ok(two.upperBoundBytes > two.unreclaimableBytes + one.breakdown.activations - two.breakdown.activations);
  });
});
