import assert from 'node:assert/strict';
import type { MemoryTable } from '../../../schemas/plan.ts';
import { OptionError } from '../../../templates/server/option-error.ts';
import { RequestError } from '../../../templates/server/request-error.ts';
import {
  type LoadLineFacts,
  roomWhileLoading,
  settleLoadLine,
} from '../../../templates/server/scheduling/load-line.ts';
import { makeNeeds } from '../../../templates/server/scheduling/needs.ts';
import { RunBytes } from '../../../templates/server/scheduling/run-bytes.ts';
import { makeSignature } from '../../../templates/server/signature.ts';
import { makePlan, type PlanFacts } from '../plans.ts';
import { TestJob } from './jobs.ts';

const MIB = 2 ** 20;

/** A row takes 1 MiB at width 10 and 2 MiB at width 20. */
const TABLE: MemoryTable = {
  idleBytes: 20 * MIB,
  modelBytes: 0,
  createPeakBytes: 40 * MIB,
  workerBytes: 10 * MIB,
  mappedBytes: 100 * MIB,
  marginFactor: 0,
  marginBytes: 0,
  recommendedLimitBytes: 240 * MIB,
  axes: [
    { name: 'batch', input: 'x', axis: 0, sizes: [1, 2, 4, 8] },
    { name: 'width', input: 'x', axis: 1, sizes: [10, 20] },
  ],
  rowsAxis: 0,
  runBytes: [1, 2, 2, 4, 4, 8, 8, 16].map((mebibytes) => mebibytes * MIB),
};

const FACTS: PlanFacts = {
  inputs: [['x', 'float', ['batch', 'width']]],
  outputs: [['y', 'float', ['batch', 2]]],
  bounds: { width: 20 },
  maxSize: 8,
  memory: TABLE,
};

const settle = (limitMiB: number | null, facts: Partial<LoadLineFacts> = {}) =>
  settleLoadLine({
    plan: makePlan(FACTS),
    limitBytes: limitMiB === null ? null : limitMiB * MIB,
    workers: 0,
    ...facts,
  });

describe('The load line', () => {
  it('leaves what is over to requests where everything fits', () => {
    // 20 idle, 138 for mapped files, 12 of garbage, 16 for the run.
    const line = settle(250);
    assert.deepEqual(line.cuts, []);
    assert.equal(line.runBytes, 16 * MIB);
    assert.equal(line.maxSize, 8);
    assert.equal(line.requestsBytes, (250 - 20 - 138 - 12 - 16) * MIB);
  });

  it('leaves requests what loading the model anew on a thread does not take', () => {
    const plan = makePlan(FACTS);
    // 40 while it is loaded here and 10 more on a thread, 48 for code, 12 of garbage.
    assert.equal(roomWhileLoading(plan, 250 * MIB), (250 - 50 - 48 - 12) * MIB);
    assert.equal(roomWhileLoading(plan, 100 * MIB), 0);
    assert.equal(roomWhileLoading(plan, null), Number.POSITIVE_INFINITY);
  });

  it('takes from mapped files first, and says so', () => {
    const line = settle(120);
    assert.equal(line.runBytes, 16 * MIB);
    assert.match(line.cuts.join(), /^68 MiB for mapped files instead of 138 MiB$/);
  });

  it('makes runs smaller next', () => {
    const line = settle(95);
    assert.equal(line.runBytes, 11 * MIB);
    assert.match(line.cuts.join('; '), /11 MiB for a run instead of 16 MiB/);
  });

  it('lets fewer go on at a time after that', () => {
    const line = settle(110, { workers: 4 });
    assert.ok(line.concurrency < 4);
    assert.match(line.cuts.join('; '), new RegExp(`${line.concurrency} runs at a time instead of 4`));
  });

  it('never shares out more than there is', () => {
    for (let limit = 88; limit < 400; limit += 7) {
      for (const workers of [0, 1, 2]) {
        const line = (() => {
          try {
            return settle(limit, { workers });
          } catch {
            return undefined;
          }
        })();
        if (line === undefined) continue;
        const threads = workers === 0 ? 0 : line.concurrency;
        const sum =
          20 * MIB + threads * 10 * MIB + line.concurrency * line.runBytes + line.requestsBytes + (48 + 12) * MIB;
        assert.ok(sum <= limit * MIB, `${limit} with ${workers}`);
      }
    }
  });

  it('leaves room for large pages where the kernel gives them to all memory, and takes it from mapped files', () => {
    for (const [workers, bytes] of [
      [0, 12 * MIB],
      [1, 16 * MIB],
    ] as const) {
      const [plain, large] = [false, true].map((largePages) => settle(300, { workers, largePages }).requestsBytes);
      assert.equal((plain ?? 0) - (large ?? 0), bytes);
    }
    assert.deepEqual(settle(150, { largePages: true }).cuts, settle(138).cuts);
    const plan = makePlan({ ...FACTS, memory: { ...TABLE, runBytes: TABLE.runBytes.map((bytes) => 100 * bytes) } });
    assert.throws(
      () => settleLoadLine({ plan, limitBytes: 190 * MIB, workers: 0, largePages: true }),
      /100 MiB for the smallest run, 12 MiB for large pages make 196 MiB/,
    );
  });

  it('refuses to start where the model cannot be loaded, with the arithmetic', () => {
    assert.throws(
      () => settle(80),
      (error) =>
        error instanceof OptionError &&
        /limit of 80 MiB is too low to load the model: 40 MiB while it is loaded and 48 MiB for code make 88 MiB; 240 MiB was planned for/.test(
          error.message,
        ),
    );
  });

  it('refuses to start where not even the smallest run fits, with the arithmetic', () => {
    const plan = makePlan({ ...FACTS, memory: { ...TABLE, runBytes: TABLE.runBytes.map((bytes) => 100 * bytes) } });
    assert.throws(
      () => settleLoadLine({ plan, limitBytes: 150 * MIB, workers: 0 }),
      /20 MiB with the model loaded, 48 MiB for code, 12 MiB between collections, 4 MiB for requests, 100 MiB for the smallest run make 184 MiB/,
    );
  });

  it('has no line where there is no limit', () => {
    const line = settle(null);
    assert.deepEqual([line.runBytes, line.requestsBytes], [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  it('gives requests half of what is left where the model has no plan', () => {
    const plan = makePlan({ ...FACTS, memory: undefined as never });
    const line = settleLoadLine({ plan, limitBytes: 160 * MIB, workers: 0, measuredBytes: 60 * MIB });
    assert.equal(line.requestsBytes, 20 * MIB);
    assert.throws(
      () => settleLoadLine({ plan, limitBytes: 100 * MIB, workers: 0, measuredBytes: 60 * MIB }),
      OptionError,
    );
  });
});

describe('The needs of a request', () => {
  const needs = (limitMiB: number) => {
    const plan = makePlan(FACTS);
    return makeNeeds({ signature: makeSignature(plan), table: TABLE, loadLine: settle(limitMiB) });
  };

  it('allow more rows in a run the narrower they are', () => {
    const { largestRun } = needs(95);
    assert.deepEqual(
      [10, 15, 20].map((width) => largestRun(new TestJob(0, { width }))),
      [8, 4, 4],
    );
  });

  it('refuse at once what never fits, with the shape that would', () => {
    const table = { ...TABLE, runBytes: [1, 2, 2, 4, 4, 8, 8, 16].map((bytes) => 10 * bytes * MIB) };
    const plan = makePlan({ ...FACTS, memory: table });
    const loadLine = settleLoadLine({ plan, limitBytes: 99 * MIB, workers: 0 });
    const { largestRun } = makeNeeds({ signature: makeSignature(plan), table, loadLine });
    assert.equal(largestRun(new TestJob(0, { width: 10 })), 1);
    assert.throws(
      () => largestRun(new TestJob(0, { width: 20 })),
      (error) =>
        error instanceof RequestError &&
        error.status === 413 &&
        /takes 20971520 bytes, and 15728640 are there for it; it would fit with width of 10 instead of 20/.test(
          error.message,
        ),
    );
  });

  it('count the answer, by the sizes that the request shows', () => {
    const { bytesOf } = needs(250);
    // Five rows of two floats, each with its text twice.
    assert.equal(bytesOf(new TestJob(0, { rows: 5, width: 10 })), 5 * 10 * 4 + 5 * 2 * (4 + 2 * 22));
  });

  it('refuse a request that is larger than the room for all of them, with the rows that would fit', () => {
    const { bytesOf } = needs(95);
    assert.throws(
      () => bytesOf(new TestJob(0, { rows: 100_000, width: 20 })),
      (error) =>
        error instanceof RequestError &&
        error.status === 413 &&
        /11915 rows would fit, found 100000/.test(error.message),
    );
  });

  it('learn the sizes of answers that the model does not tell', () => {
    const plan = makePlan({ ...FACTS, outputs: [['y', 'float', ['batch', null]]] });
    const { bytesOf, learn } = makeNeeds({ signature: makeSignature(plan), table: TABLE, loadLine: settle(250) });
    const job = new TestJob(0, { rows: 2, width: 10 });
    const before = bytesOf(job);
    learn(job, { y: { type: 'float32', dims: [2, 100], data: new Float32Array(200), location: 'cpu' } });
    assert.equal(bytesOf(job) - before, 198 * (4 + 2 * 22));
  });
});

describe('The table of runs', () => {
  const inputs = (rows: number, width: number) => new TestJob(0, { rows, width }).inputs;
  const runs = new RunBytes(TABLE);

  it('takes a size between two planned ones for the larger', () => {
    assert.equal(runs.of(inputs(3, 11)), 8 * MIB);
    assert.equal(runs.of(inputs(1, 1)), 1 * MIB);
    assert.equal(runs.of(inputs(8, 20)), 16 * MIB);
  });

  it('has nothing beyond the bounds', () => {
    assert.equal(runs.of(inputs(1, 21)), Number.POSITIVE_INFINITY);
  });
});
