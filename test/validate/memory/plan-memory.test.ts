import assert from 'node:assert/strict';
import type { Model } from '../../../src/onnx/model.ts';
import { largestBatch } from '../../../src/validate/memory/largest-batch.ts';
import type { KnownPlan } from '../../../src/validate/memory/memory-plan.ts';
import { memoryVerdict } from '../../../src/validate/memory/memory-verdict.ts';
import { type PlanOptions, planMemory } from '../../../src/validate/memory/plan-memory.ts';
import { remedies } from '../../../src/validate/memory/remedies.ts';
import { model, node, weight } from '../../support/model-builder.ts';

const MIB = 2 ** 20;
const PAGE = 4096;

/** Three values of `batch` MiB in a row, of which two live at a time, and an output of 4 bytes for each row. */
const chain = model({
  inputs: ['float[batch, 262144] x'],
  outputs: ['float[batch, 1] y'],
  nodes: [node('a = Neg(x)'), node('b = Exp(a)'), node('c = Neg(b)'), node('y = ReduceSum(c, axes)', { keepdims: 1 })],
  initializers: [
    weight('int64[1] axes', { data: { kind: 'memory', bytes: new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]) } }),
  ],
});

function planOf(of: Model, options: Partial<PlanOptions> = {}): KnownPlan {
  const plan = planMemory({ model: of, profile: 'lean', bounds: new Map([['batch', 8]]), ...options });
  if (plan.state === 'unknown') assert.fail(JSON.stringify([[...plan.undeclared.operators.keys()], plan.undeclared]));
  return plan;
}

function matrixModel(): Model {
  return model({
    inputs: ['float[batch, 1024] x'],
    outputs: ['float[batch, 1024] y'],
    nodes: [node('y = MatMul(x, w)')],
    initializers: [
      weight('float[1024, 1024] w', { data: { kind: 'external', location: 'w', offset: 0, length: 4 * MIB } }),
    ],
  });
}

describe('A memory plan', () => {
  it('counts what lives at one time, not what is made', () => {
    const { breakdown } = planOf(chain);
    assert.ok(Math.abs(breakdown.activations - 16 * MIB) <= 4 * PAGE, `${breakdown.activations}`);
    assert.equal(breakdown.inputs, 8 * MIB);
  });

  it('has a breakdown that adds up to the peak', () => {
    const plan = planOf(chain, { workers: 3, queue: 2, transport: 'json' });
    const sum = Object.values(plan.breakdown).reduce((total, bytes) => total + bytes, 0);
    assert.equal(sum, plan.unreclaimableBytes);
  });

  it('names the node and the live tensors at the peak', () => {
    const { peak } = planOf(chain);
    assert.equal(peak.phase, 'run');
    assert.equal(peak.node?.operator, 'Exp');
    assert.deepEqual(peak.liveTensors, [
      { name: 'a', bytes: 8 * MIB },
      { name: 'b', bytes: 8 * MIB },
    ]);
  });

  it('leaves weights in their file for lean, and repacks them for fast', () => {
    const [lean, fast] = (['lean', 'fast'] as const).map((profile) => planOf(matrixModel(), { profile }));
    assert.equal(lean?.breakdown.packedWeights, 0);
    assert.equal(fast?.breakdown.packedWeights, 4 * MIB);
    assert.equal((lean?.mappedBytes ?? 0) - (fast?.mappedBytes ?? 0), 4 * MIB);
  });

  it('says what one more worker costs, and counts it', () => {
    const one = planOf(chain);
    const two = planOf(chain, { workers: 2 });
    assert.ok(one.nextWorkerBytes > 24 * MIB);
    assert.equal(two.runPeakBytes - one.runPeakBytes, one.nextWorkerBytes);
  });

  it('holds the inputs of requests that wait', () => {
    assert.equal(planOf(chain, { queue: 3 }).runPeakBytes - planOf(chain).runPeakBytes, 3 * 8 * MIB);
  });

  it('bounds from above what it estimates, and recommends room for mapped files beyond', () => {
    const plan = planOf(chain);
    assert.ok(plan.upperBoundBytes > plan.unreclaimableBytes);
    assert.ok(plan.recommendedLimitBytes > plan.upperBoundBytes + plan.mappedBytes);
  });

  it('is unknown for an operator without a rule, which it names', () => {
    const strange = model({
      inputs: ['float[4] x'],
      outputs: ['float[4] y'],
      nodes: [node('y = acme.Mystery(x)')],
      opsets: { 'ai.onnx': 21, acme: 1 },
    });
    const plan = planMemory({ model: strange, profile: 'lean', bounds: new Map() });
    assert.ok(plan.state === 'unknown');
    assert.deepEqual([...plan.undeclared.operators], [['acme:Mystery', 1]]);
  });

  it('is unknown for a dimension without a bound, which it names as bounds are named', () => {
    const open = model({
      inputs: ['float[batch, ?] x'],
      outputs: ['float[batch, ?] y'],
      nodes: [node('y = Relu(x)')],
    });
    const plan = planMemory({ model: open, profile: 'lean', bounds: new Map() });
    assert.ok(plan.state === 'unknown');
    assert.deepEqual(plan.undeclared.dimensions, ['batch', 'x[1]']);
  });

  for (const profile of ['lean', 'fast'] as const) {
    it(`never shrinks for ${profile} as the batch grows`, () => {
      const peaks = [1, 2, 3, 8, 9, 64].map(
        (batch) => planOf(chain, { profile, bounds: new Map([['batch', batch]]) }).upperBoundBytes,
      );
      assert.deepEqual(
        peaks,
        [...peaks].sort((a, b) => a - b),
      );
    });
  }
});

describe('The verdict on a plan', () => {
  const plan = planOf(chain);
  const rows = [
    { title: 'no-budget', limit: null },
    { title: 'fits', limit: plan.recommendedLimitBytes },
    { title: 'fits-slow', limit: plan.recommendedLimitBytes - 1 },
    { title: 'does-not-fit', limit: plan.upperBoundBytes },
  ] as const;
  for (const { title, limit } of rows) {
    it(`is ${title} for a limit of ${limit === null ? 'nothing' : `${(limit / MIB).toFixed(0)} MiB`}`, () => {
      assert.equal(memoryVerdict(plan, limit), title);
    });
  }
});

describe('What to do about a plan', () => {
  it('names the largest batch that fits, and the next one does not', () => {
    const options = { model: chain, profile: 'lean', bounds: new Map<string, number>() } as const;
    const limitBytes = planOf(chain, { bounds: new Map([['batch', 20]]) }).recommendedLimitBytes;
    const [bucket] = largestBatch(options, { symbol: 'batch', limitBytes, buckets: [new Map()] });
    assert.equal(bucket?.largest, 20);
  });

  it('offers what saves memory, with the plan that comes of it', () => {
    const found = remedies({ model: matrixModel(), profile: 'fast', bounds: new Map([['batch', 512]]), workers: 2 });
    assert.deepEqual(new Set(found.map(({ kind }) => kind)), new Set(['profile', 'bound', 'workers']));
    for (const { savedBytes } of found) assert.ok(savedBytes > 0);
  });
});
