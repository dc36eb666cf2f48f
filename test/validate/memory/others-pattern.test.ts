import assert from 'node:assert/strict';
import type { Model, Node } from '../../../src/onnx/model.ts';
import { CALIBRATION } from '../../../src/validate/memory/calibration.ts';
import { findsOthersPattern } from '../../../src/validate/memory/others-pattern.ts';
import { type FirstRun, planMemory } from '../../../src/validate/memory/plan-memory.ts';
import { model, node, weight } from '../../support/model-builder.ts';

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

  const planOf = (built: Model, firstRun: FirstRun) => {
    const plan = planMemory({
      ...{ model: built, profile: 'lean', bounds: bounds(8), transport: 'binary', seat: 'worker', firstRun },
    });
    assert.ok(plan.state === 'known');
    return plan;
  };
  const doubtOf = (built: Model, firstRun: FirstRun) => {
    const { upperBoundBytes, unreclaimableBytes } = planOf(built, firstRun);
    return upperBoundBytes - unreclaimableBytes * (1 + CALIBRATION.marginFactor) - CALIBRATION.marginBytes;
  };

  it('are expected to make each buffer by itself, and bounded as if they did not where an example may come first', () => {
    const [one, two] = [planOf(encoder(1), 'example'), planOf(encoder(2), 'example')];
    const saved = one.breakdown.activations - two.breakdown.activations;
    assert.ok(saved > 0);
    assert.ok(two.upperBoundBytes > two.unreclaimableBytes + saved);
  });

  it('are sure to where a row that is made up comes first, and nothing more is left in doubt', () => {
    const saved =
      planOf(encoder(1), 'made-up').breakdown.activations - planOf(encoder(2), 'made-up').breakdown.activations;
    assert.ok(doubtOf(encoder(2), 'example') - doubtOf(encoder(2), 'made-up') >= saved);
  });

  it('hold what does not depend on the number of rows until they end', () => {
    const { nodes, inputs } = encoder(2).graph;
    const table = weight('float[1000, 1000] w');
    const withTable = (...more: readonly Node[]) =>
      model({
        ...{ nodes: [...more, ...nodes], inputs, initializers: [table] },
        outputs: ['float[batch, width] y', 'int64[2] n'],
      });
    const large = withTable(node('e = Exp(w)'), node('n = Shape(e)'));
    const none = withTable(node('n = Shape(w)'));
    const more = doubtOf(large, 'made-up') - doubtOf(none, 'made-up');
    assert.ok(Math.abs(more - 4_000_000 * (1 + CALIBRATION.marginFactor)) < 2);
  });

  it('hold no more of that than the block of one row has room for', () => {
    const { nodes, inputs } = encoder(2).graph;
    const tables = ['u', 'v', 'w'];
    const inTurn = model({
      inputs,
      nodes: [
        ...nodes,
        ...tables.flatMap((name) => [node(`e_${name} = Exp(${name})`), node(`n_${name} = Shape(e_${name})`)]),
      ],
      initializers: tables.map((name) => weight(`float[4000, 1000] ${name}`)),
      outputs: ['float[batch, width] y', ...tables.map((name) => `int64[2] n_${name}`)],
    });
    const table = 16_000_000;
    assert.ok(doubtOf(inTurn, 'made-up') > table, `${doubtOf(inTurn, 'made-up')}`);
    assert.ok(doubtOf(inTurn, 'made-up') < 2 * table, `${doubtOf(inTurn, 'made-up')}`);
  });

  it('are not sure to where the model may refuse what is made up', () => {
    const { nodes, inputs } = encoder(2).graph;
    const refusing = model({
      ...{ nodes: [...nodes, node('w = NonZero(x)')], inputs, outputs: ['float[batch, width] y', 'int64[2, n] w'] },
    });
    assert.equal(doubtOf(refusing, 'made-up'), doubtOf(refusing, 'example'));
  });
});
