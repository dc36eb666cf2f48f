import assert from 'node:assert/strict';
import type { Model } from '../../../src/onnx/model.ts';
import { CALIBRATION } from '../../../src/validate/memory/calibration.ts';
import { largestBatch } from '../../../src/validate/memory/largest-batch.ts';
import { memoryFacts } from '../../../src/validate/memory/memory-facts.ts';
import type { KnownPlan } from '../../../src/validate/memory/memory-plan.ts';
import { memoryVerdict } from '../../../src/validate/memory/memory-verdict.ts';
import { type PlanOptions, planMemory } from '../../../src/validate/memory/plan-memory.ts';
import { quantizeLargest } from '../../../src/validate/memory/quantize-layer.ts';
import { remedies } from '../../../src/validate/memory/remedies.ts';
import { splitLargest } from '../../../src/validate/memory/split-layer.ts';
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

function matrixModel({ width = 1024, products = 1 } = {}): Model {
  const length = 4 * width ** 2;
  const names = ['x', ...Array.from({ length: products - 1 }, (_, at) => `h${at}`), 'y'];
  return model({
    inputs: [`float[batch, ${width}] x`],
    outputs: [`float[batch, ${width}] y`],
    nodes: names.slice(1).map((name, at) => node(`${name} = MatMul(${names[at]}, w)`)),
    initializers: [
      weight(`float[${width}, ${width}] w`, { data: { kind: 'external', location: 'w', offset: 0, length } }),
    ],
  });
}

describe('A memory plan', () => {
  it('counts what lives at one time, not what is made', () => {
    const { breakdown } = planOf(chain);
    assert.ok(Math.abs(breakdown.activations - 16 * MIB) <= 4 * PAGE, `${breakdown.activations}`);
    assert.equal(breakdown.inputs, 8 * MIB);
  });

  it('counts beside the block of later runs what small values of the first left in the heap, once more where the model was moved', () => {
    const columns = (bytes: number) => {
      const names = Array.from({ length: 256 }, (_, at) => `c${at}`);
      return model({
        inputs: [`float[batch, ${bytes / 32}] x`],
        outputs: ['float[batch, 1] y'],
        nodes: [
          ...names.map((name) => node(`${name} = Exp(x)`)),
          node(`all = Concat(${names.join(', ')})`, { axis: 1 }),
          node('y = ReduceSum(all, axes)', { keepdims: 1 }),
        ],
        initializers: chain.graph.initializers,
      });
    };
    const leftOf = (bytes: number) => planOf(columns(bytes)).breakdown.activations - 2 * 256 * bytes;
    const kept = 256 * 32_768;
    assert.ok(Math.abs(leftOf(32_768) - (kept - MIB)) < 0.02 * kept, `${leftOf(32_768)}`);
    // Mapped blocks take a page more each.
    assert.ok(leftOf(131_072) <= 258 * PAGE, `${leftOf(131_072)}`);
    const doubtOf = (seat: 'inline' | 'worker') => {
      const { upperBoundBytes, runPeakBytes } = planOf(columns(32_768), { seat, transport: 'binary' });
      return upperBoundBytes - runPeakBytes;
    };
    assert.ok(doubtOf('worker') - doubtOf('inline') > kept - MIB, `${doubtOf('worker')} ${doubtOf('inline')}`);
  });

  it('is the same whatever bounds were asked about before', () => {
    const before = { ...chain };
    for (const batch of [8, 3, 1, 100]) {
      const bounds = new Map([['batch', batch]]);
      assert.deepEqual(planOf(before, { bounds }), planOf({ ...chain }, { bounds }));
    }
  });

  it('is the same of a changed layer as of the changed file', () => {
    for (const change of [quantizeLargest, splitLargest]) {
      const changed = change(matrixModel())?.model as Model;
      assert.deepEqual(planOf(changed, { profile: 'fast' }), planOf({ ...changed }, { profile: 'fast' }));
    }
  });

  it('counts once what sequences share, and a copy of each tensor that is put into one', () => {
    const items = ['Neg', 'Exp', 'Abs', 'Sin'].map((opType, at) => [
      node(`t${at} = ${opType}(x)`),
      node(`s${at + 1} = SequenceInsert(s${at}, t${at})`),
    ]);
    const growing = model({
      inputs: ['float[batch, 262144] x'],
      outputs: ['int64[] y'],
      nodes: [node('s0 = SequenceEmpty()'), ...items.flat(), node('y = SequenceLength(s4)')],
    });
    // Four copies, and the last tensor that was copied, as strace sees them.
    assert.equal(Math.floor(planOf(growing).breakdown.activations / MIB), 5 * 8);
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

  it('names the node at which the shared block got its size, not the last one, whose output comes on top', () => {
    // What `a` leaves free is too small for `c`: from the second run on the block holds all three, to the end.
    const growing = model({
      inputs: ['float[batch, 262144] x'],
      outputs: ['float[batch, 1] y'],
      nodes: [
        node('a = Neg(x)'),
        node('b = Concat(a, a)', { axis: 1 }),
        node('c = Concat(b, x)', { axis: 1 }),
        node('y = ReduceSum(c, axes)', { keepdims: 1 }),
      ],
      initializers: [
        weight('int64[1] axes', { data: { kind: 'memory', bytes: new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]) } }),
      ],
    });
    const { peak, breakdown } = planOf(growing);
    assert.ok(breakdown.activations >= 48 * MIB && breakdown.outputs > 0);
    assert.equal(peak.node?.operator, 'Concat');
    assert.deepEqual(peak.liveTensors, [
      { name: 'c', bytes: 24 * MIB },
      { name: 'b', bytes: 16 * MIB },
    ]);
  });

  it('counts in whole bytes, however tensors travel', () => {
    for (const transport of ['none', 'binary', 'json'] as const)
      for (const seat of ['inline', 'worker'] as const) {
        const plan = planOf(chain, { transport, seat, bounds: new Map([['batch', 7]]), workers: 2, queue: 1 });
        const { breakdown, ...figures } = plan;
        for (const [name, value] of Object.entries({ ...breakdown, ...figures }))
          if (typeof value === 'number')
            assert.ok(Number.isSafeInteger(value), `${transport} ${seat} ${name} ${value}`);
      }
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

  it('counts the texts of a forest that stay behind where it was loaded before it proved to be heavy', () => {
    const texts = 10_000;
    const forest = node('y = ai.onnx.ml.TreeEnsembleRegressor(x)', {
      nodes_featureids: new Array<number>(texts).fill(0),
      nodes_modes: new Array<string>(texts).fill('LEAF'),
    });
    const built = model({ inputs: ['float[batch, 3] x'], outputs: ['float[batch, 1] y'], nodes: [forest] });
    const [inline, worker] = (['inline', 'worker'] as const).map((seat) => planOf(built, { seat }));
    if (!inline || !worker) assert.fail();
    const left = inline.breakdown.graph + 3 * 56 * texts;
    const more = worker.createPeakBytes - inline.createPeakBytes;
    assert.equal(more, CALIBRATION.workerReadyBytes + left);
    assert.equal(worker.runPeakBytes - inline.runPeakBytes, CALIBRATION.workerBytes + left);
  });

  it('counts what a graph leaves behind where it was loaded before it proved to be heavy', () => {
    const nodes = Array.from({ length: 1000 }, (_, place) =>
      node(`v${place + 1} = LeakyRelu(v${place})`, { alpha: 0.5 }),
    );
    const built = model({ inputs: ['float[batch] v0'], outputs: ['float[batch] v1000'], nodes });
    const [inline, worker] = (['inline', 'worker'] as const).map((seat) => planOf(built, { seat }));
    if (!inline || !worker) assert.fail();
    assert.equal(inline.breakdown.graph, 1000 * (CALIBRATION.nodeBytes + 1450));
    assert.equal(worker.breakdown.graph, 2 * inline.breakdown.graph);
    const more = worker.runPeakBytes - inline.runPeakBytes;
    assert.equal(more, CALIBRATION.workerBytes + inline.breakdown.graph);
    assert.equal(worker.nextWorkerBytes, inline.nextWorkerBytes);
  });

  it('counts what requests left behind where a model of light rows is loaded anew on a thread', () => {
    const { javascriptSteadyBytes: left } = CALIBRATION;
    const grown = (products: number) => {
      const on = { profile: 'fast', transport: 'binary', seat: 'worker' } as const;
      const [started, moved] = [0, Infinity].map((earlierRequests) =>
        planOf(matrixModel({ width: 4096, products }), { ...on, earlierRequests }),
      );
      if (!started || !moved) assert.fail();
      return [moved.createPeakBytes - started.createPeakBytes, moved.upperBoundBytes - started.upperBoundBytes >= left];
    };
    // Of a light row, one that may be, and one that is not: the last is on a thread before any request comes.
    assert.deepEqual(grown(1), [left, true]);
    assert.deepEqual(grown(30), [0, true]);
    assert.deepEqual(grown(100), [0, false]);
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

  const tokens = model({
    inputs: ['string[batch] text'],
    outputs: ['string[] again'],
    nodes: [
      node('tokens = com.microsoft.Tokenizer(text)', { separators: [' '], mincharnum: 1 }),
      node('again = Identity(tokens)'),
    ],
    opsets: { 'ai.onnx': 21, 'com.microsoft': 1 },
  });

  it('asks for the length of texts where that bounds what is open, and is known with it, or with a bound inside', () => {
    const plan = planMemory({ model: tokens, profile: 'lean', bounds: new Map([['batch', 8]]) });
    assert.ok(plan.state === 'unknown');
    assert.deepEqual(plan.undeclared.dimensions, ['text[letters]']);
    const bounds = (key: string, most: number) => ({
      bounds: new Map([
        ['batch', 8],
        [key, most],
      ]),
    });
    const byLength = planOf(tokens, bounds('text[letters]', 4096));
    assert.ok(byLength.breakdown.activations + byLength.breakdown.outputs >= 8 * 4096 * 32);
    const inside = planOf(tokens, bounds('tokens[1]', 512));
    assert.ok(inside.runPeakBytes < byLength.runPeakBytes);
  });

  it('names the first value that is open and its axes, not what is made of it', () => {
    const repeated = model({
      inputs: ['float[4] x', 'int64[1] times'],
      outputs: ['float[] z'],
      nodes: [node('y = Tile(x, times)'), node('a = Neg(y)'), node('z = Exp(a)')],
    });
    const plan = planMemory({ model: repeated, profile: 'lean', bounds: new Map() });
    assert.ok(plan.state === 'unknown');
    assert.deepEqual(
      plan.undeclared.values.map(({ value, axes }) => [value, axes]),
      [['y', [0]]],
    );
    const { runPeakBytes } = planOf(repeated, { bounds: new Map([['y[0]', 2 ** 20]]) });
    assert.ok(runPeakBytes > 8 * MIB);
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

  it('asks for no bound of what no run can make', () => {
    const wrong = model({
      inputs: ['float[1,n] x'],
      outputs: ['float[?,?] y'],
      nodes: [node('product = MatMul(x, w)'), node('y = Relu(product)')],
      initializers: [weight('float[256,4] w')],
    });
    const plan = planMemory({ model: wrong, profile: 'lean', bounds: new Map([['n', 512]]) });
    assert.ok(plan.state === 'unknown');
    assert.deepEqual(
      plan.undeclared.values,
      ['product', 'y'].map((value) => ({ value, reason: 'a contradiction at MatMul', axes: [] })),
    );
  });
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
  it('names the largest batch that fits, for smaller sizes of the other dimensions too, and the next one does not', () => {
    const two = model({
      inputs: ['float[batch, length, 1024] x'],
      outputs: ['float[batch, length, 1024] y'],
      nodes: [node('a = Neg(x)'), node('y = Exp(a)')],
    });
    const options = { model: two, profile: 'lean', bounds: new Map([['length', 64]]) } as const;
    const limitAt = (batch: number, length: number) =>
      planOf(two, { bounds: new Map(Object.entries({ batch, length })) }).recommendedLimitBytes;
    const limitBytes = limitAt(20, 64);
    const found = largestBatch(options, limitBytes);
    assert.equal(found?.dimension, 'batch');
    assert.deepEqual(
      found.buckets.map(({ bounds }) => bounds.length),
      [64, 32, 16, 8],
    );
    assert.equal(found.buckets[0]?.largest, 20);
    for (const { bounds, largest } of found.buckets) {
      assert.ok(limitAt(largest ?? 0, bounds.length ?? 0) <= limitBytes);
      assert.ok(limitAt((largest ?? 0) + 1, bounds.length ?? 0) > limitBytes);
    }
  });

  it('offers what saves memory, with the numbers that come of it', () => {
    const options = { model: matrixModel(), profile: 'fast', bounds: new Map([['batch', 512]]), workers: 2 } as const;
    const found = remedies({ ...options, limitBytes: null });
    const kinds = new Set(found.map(({ kind }) => kind));
    assert.deepEqual(kinds, new Set(['profile', 'bound', 'workers', 'quantize']));
    for (const { savedBytes, recommendedLimitBytes } of found) {
      assert.equal(savedBytes, planOf(options.model, options).recommendedLimitBytes - recommendedLimitBytes);
      assert.ok(savedBytes > 0);
    }
  });

  it('names no change of a layer whose weight is next to nothing of what the model takes', () => {
    const narrowed = model({
      inputs: ['float[batch, 1024] x'],
      outputs: ['float[1, 1024] y'],
      nodes: [
        node('a = Exp(x)'),
        node('b = ReduceMean(a, axes)', { keepdims: 1 }),
        { ...node('y = MatMul(b, w)'), name: 'last' },
      ],
      initializers: [
        weight('int64[1] axes', { data: { kind: 'memory', bytes: new Uint8Array(8) } }),
        weight('float[1024, 1024] w', { data: { kind: 'external', location: 'w', offset: 0, length: 4 * MIB } }),
      ],
    });
    const kindsAt = (batch: number) =>
      remedies({ model: narrowed, profile: 'fast', bounds: new Map([['batch', batch]]), limitBytes: null }).map(
        ({ kind }) => kind,
      );
    assert.deepEqual(kindsAt(1), ['quantize']);
    assert.deepEqual(kindsAt(2 ** 20), ['bound']);
  });

  it('plans a quantized layer as one with a quarter of the weight', () => {
    const { graph } = quantizeLargest(matrixModel())?.model ?? matrixModel();
    assert.equal(graph.nodes[0]?.opType, 'DynamicQuantizeMatMul');
    const plan = planOf({ ...matrixModel(), graph, opsetImports: [{ domain: 'com.microsoft', version: 1 }] });
    assert.ok(planOf(matrixModel()).mappedBytes - plan.mappedBytes >= 3 * MIB - PAGE);
  });

  it('splits a convolution whose filters are large while they are repacked', () => {
    const filters = weight('float[512, 512, 3, 3] w', {
      data: { kind: 'external', location: 'w', offset: 0, length: 9 * MIB },
    });
    const large = model({
      inputs: ['float[1, 512, 8, 8] x'],
      outputs: ['float[1, 512, 6, 6] y'],
      nodes: [node('y = Conv(x, w)')],
      initializers: [filters],
    });
    const split = remedies({ model: large, profile: 'fast', bounds: new Map(), limitBytes: null }).find(
      ({ kind }) => kind === 'split',
    );
    assert.ok((split?.savedBytes ?? 0) > 9 * MIB);
  });
});

describe('What a report says of memory', () => {
  const options = { model: chain, profile: 'lean', bounds: new Map([['batch', 8]]), limitBytes: 400 * MIB } as const;

  it('has the plan, both profiles, the largest batch and remedies', () => {
    const facts = memoryFacts(options);
    const plan = planOf(chain);
    assert.equal(facts.unreclaimableBytes, plan.unreclaimableBytes);
    assert.deepEqual(
      facts.profiles.map(({ profile }) => profile),
      ['lean', 'fast'],
    );
    assert.equal(facts.verdict, 'fits');
    assert.ok((facts.largestBatch?.buckets[0]?.largest ?? 0) > 8);
    assert.equal(facts.moments.length, 4);
    assert.ok(facts.processors.every(({ upperBoundBytes }) => upperBoundBytes <= (facts.upperBoundBytes ?? 0)));
  });

  it('has no number where the plan is unknown, and says what to declare', () => {
    const facts = memoryFacts({ ...options, bounds: new Map() });
    assert.equal(facts.verdict, 'unknown');
    assert.equal(facts.upperBoundBytes, null);
    assert.deepEqual(
      facts.unknownDimensions.map(({ name, declare }) => [name, declare]),
      [['batch', 'bounds: { batch: N }, its largest size']],
    );
  });

  it('tells nobody to bound inner values, which bounds do not reach', () => {
    const open = model({
      inputs: ['float[4] x'],
      outputs: ['int64[1, n] y'],
      nodes: [node('y = NonZero(x)'), node('z = acme.Mystery(y)')],
      opsets: { 'ai.onnx': 21, acme: 1 },
    });
    const facts = memoryFacts({ ...options, model: open, bounds: new Map() });
    for (const { declare } of [...facts.unknownValues, ...facts.unknownOperators])
      assert.equal(declare, 'budget.memory, and hold it against a probe: no plan can be made');
    assert.equal(facts.unknownValues[0]?.name, 'z');
  });
});
