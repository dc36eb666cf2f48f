import assert from 'node:assert/strict';
import { Worker } from 'node:worker_threads';
import { RequestError } from '../../../templates/server/request-error.ts';
import type { Outcome } from '../../../templates/server/scheduling/runner.ts';
import { readyForTransfer } from '../../../templates/server/scheduling/transfer.ts';
import { WorkerPool, type WorkerPoolOptions } from '../../../templates/server/scheduling/worker-pool.ts';
import type { Tensor, Tensors } from '../../../templates/server/tensor.ts';

/** A thread that doubles, refuses 400, ends at 666, and answers 13 twice and with a number that nobody asked. */
const THREAD = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', ({ id, inputs }) => {
    const { dims, data } = inputs.x;
    const ran = (id, value) => parentPort.postMessage({ kind: 'ran', id, milliseconds: 1,
      outputs: { y: { type: 'float32', dims, data: Float32Array.of(value), location: 'cpu' } } });
    if (data[0] === 666) throw new Error('the thread is broken');
    if (data[0] === 400) parentPort.postMessage({ kind: 'failed', id, status: 400, message: 'the model refuses this' });
    else if (data[0] === 500) parentPort.postMessage({ kind: 'failed', id, status: null, message: 'a defect' });
    else {
      if (data[0] === 13) ran(id + 100, -1);
      ran(id, 2 * data[0]);
      if (data[0] === 13) ran(id, -2);
    }
  });
  parentPort.postMessage({ kind: 'ready', loadMs: 1, warmUp: { state: 'done', rows: 1, runMs: 1 }, times: {} });
`;

const inputs = (value: number): Tensors => ({
  x: { type: 'float32', dims: [1], data: Float32Array.of(value), location: 'cpu' },
});

describe('The pool of threads', () => {
  const pools: WorkerPool[] = [];
  after(() => Promise.all(pools.map((pool) => pool.close())));

  const open = async (options: Partial<WorkerPoolOptions> = {}): Promise<WorkerPool> => {
    const pool = new WorkerPool({
      size: 1,
      spawn: () => new Worker(THREAD, { eval: true }),
      onFree() {},
      onCrash() {},
      backOffMs: [10, 40],
      ...options,
    });
    pools.push(pool);
    await pool.start();
    return pool;
  };
  const run = (pool: WorkerPool, value: number): Promise<Outcome> =>
    new Promise((done) => pool.run(inputs(value), { y: null }, done));
  const resultOf = (outcome: Outcome): unknown =>
    outcome.ok ? (outcome.outputs.y as Tensor).data[0] : (outcome.error as Error).message;
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  it('runs on its threads, all at the same time', async () => {
    const pool = await open({ size: 2 });
    await until(() => pool.free === 2);
    const both = [run(pool, 1), run(pool, 2)];
    assert.equal(pool.free, 0);
    assert.deepEqual((await Promise.all(both)).map(resultOf), [2, 4]);
    assert.equal(pool.free, 2);
  });

  it('starts no further threads before an end, and waits for the one that is loading', async () => {
    const pool = await open({ size: 4 });
    assert.equal(pool.alive, 1);
    await pool.stopStarting();
    assert.equal(pool.alive, 2);
    assert.deepEqual((await Promise.all([run(pool, 1), run(pool, 2)])).map(resultOf), [2, 4]);
    assert.equal(pool.alive, 2);
  });

  it('passes on what the model refuses, and tells defects apart', async () => {
    const pool = await open();
    const refused = await run(pool, 400);
    assert.ok(!refused.ok && refused.error instanceof RequestError && refused.error.status === 400);
    const failed = await run(pool, 500);
    assert.ok(!failed.ok && !(failed.error instanceof RequestError));
  });

  it('hands nobody the answer of a run that is not theirs', async () => {
    const pool = await open();
    assert.equal(resultOf(await run(pool, 13)), 26);
    assert.equal(resultOf(await run(pool, 1)), 2);
  });

  it('fails the run of a thread that ends, counts it, and starts another, later each time', async () => {
    const crashes: [string, number][] = [];
    let freed = 0;
    const pool = await open({ onCrash: (...crash) => crashes.push(crash), onFree: () => freed++ });
    for (const _ of [1, 2, 3, 4]) {
      const outcome = await run(pool, 666);
      assert.ok(!outcome.ok && outcome.error instanceof RequestError && outcome.error.status === 503);
      assert.equal(pool.alive, 0);
      await until(() => pool.free === 1);
    }
    assert.deepEqual(
      crashes,
      [10, 20, 40, 40].map((restartMs) => ['the thread is broken', restartMs]),
    );
    assert.ok(freed >= 5);
    assert.equal(resultOf(await run(pool, 7)), 14);
    await run(pool, 666);
    assert.equal(crashes[4]?.[1], 10, 'a run that went well ends the series');
  });

  it('goes on with the threads that are left', async () => {
    const pool = await open({ size: 2, backOffMs: [10_000, 10_000] });
    await until(() => pool.free === 2);
    await run(pool, 666);
    assert.equal(pool.alive, 1);
    assert.equal(resultOf(await run(pool, 5)), 10);
  });

  it('says why where the first thread does not get ready', async () => {
    await assert.rejects(open({ spawn: () => new Worker('throw new Error("no model")', { eval: true }) }), /no model/);
  });
});

describe('Tensors on their way to another thread', () => {
  it('take their buffer along where it is theirs alone, and a copy of their piece where it is not', () => {
    const shared = new Float32Array([1, 2, 3, 4]);
    const own = new Float32Array([5]);
    const { tensors, buffers } = readyForTransfer({
      piece: { type: 'float32', dims: [2], data: shared.subarray(1, 3), location: 'cpu' },
      own: { type: 'float32', dims: [1], data: own, location: 'cpu' },
      text: { type: 'string', dims: [1], data: ['a'], location: 'cpu' },
    });
    assert.deepEqual(
      buffers.map((buffer) => buffer.byteLength),
      [8, 4],
    );
    assert.ok(!buffers.includes(shared.buffer) && buffers.includes(own.buffer));
    assert.deepEqual([...((tensors.piece as Tensor).data as Float32Array)], [2, 3]);
  });
});
