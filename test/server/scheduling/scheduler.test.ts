import assert from 'node:assert/strict';
import type { Job } from '../../../templates/server/job.ts';
import { RequestError } from '../../../templates/server/request-error.ts';
import { Ledger } from '../../../templates/server/scheduling/ledger.ts';
import { NOBODY, type Refusal } from '../../../templates/server/scheduling/observer.ts';
import { Scheduler } from '../../../templates/server/scheduling/scheduler.ts';
import { NO_NEEDS, rule, TestJob, TestRunner, turns } from './jobs.ts';

interface Setup {
  readonly maxSize?: number;
  readonly maxDelayMs?: number;
  readonly capacity?: number;
  readonly ledger?: Ledger;
  readonly refusals?: Refusal[];
}

function makeScheduler({ maxSize = 8, maxDelayMs = 0, capacity = 1000, ledger = new Ledger(), refusals = [] }: Setup) {
  const observer = { ...NOBODY, refused: (reason: Refusal) => void refusals.push(reason) };
  return new Scheduler({ capacity, rule: rule(maxSize, maxDelayMs), ledger, needs: () => NO_NEEDS, observer });
}

async function runAll(jobs: readonly TestJob[], setup: Setup = {}): Promise<TestRunner> {
  const runner = new TestRunner();
  const scheduler = makeScheduler(setup);
  for (const job of jobs) scheduler.submit(job);
  scheduler.start(runner);
  await turns();
  return runner;
}

describe('The scheduler', () => {
  it('joins the single rows of one turn into runs, and gives each its own answer', async () => {
    const jobs = Array.from({ length: 10 }, (_, index) => new TestJob(index));
    const runner = await runAll(jobs);
    assert.deepEqual(
      runner.runs.map((rows) => rows.length),
      [8, 2],
    );
    jobs.forEach((job, index) => {
      assert.deepEqual(job.answer, [2 * index]);
    });
    assert.equal(jobs[0]?.facts?.runRows, 8);
  });

  it('gives back what was joined for a run when it is over, and leaves the jobs theirs', async () => {
    const jobs = [0, 10].map((first) => new TestJob(first, { rows: 4, width: 2000 }));
    const alone = new TestJob(50, { rows: 20, width: 2001 });
    const runner = await runAll([...jobs, alone]);
    assert.deepEqual(
      runner.fed.map(({ length }) => length),
      [0, 8 * 2001, 8 * 2001, 4 * 2001],
    );
    assert.ok(jobs.every(({ inputs, answer }) => inputs.x?.data.length === 8000 && answer?.length === 8000));
    assert.equal(alone.answer?.[20 * 2001 - 1], 2 * 69);
  });

  it('tries twice the rows of a run that takes more than half of the longest time', async () => {
    const scheduler = makeScheduler({ maxSize: 16 });
    const runner = new TestRunner();
    scheduler.start(runner, { times: { 1: 11 }, longestRunMs: 20 });
    for (let index = 0; index < 16; index++) scheduler.submit(new TestJob(index));
    await turns();
    assert.deepEqual(runner.runs[0], [0, 1]);
  });

  it('never makes a run longer by joining where what was measured says that it takes too long', async () => {
    const scheduler = makeScheduler({ maxSize: 16 });
    const runner = new TestRunner();
    scheduler.start(runner, { times: { 1: 11, 2: 21, 4: 41, 8: 81, 16: 161 }, longestRunMs: 20 });
    for (let index = 0; index < 2; index++) scheduler.submit(new TestJob(index));
    await turns();
    assert.deepEqual(runner.runs[0], [0]);
  });

  it('counts rows and not requests', async () => {
    const runner = await runAll([0, 10, 20].map((first) => new TestJob(first, { rows: 5 })));
    for (const run of runner.runs) assert.ok(run.length <= 8);
    assert.equal(runner.runs.flat().length, 15);
  });

  it('splits a request of more rows than the largest run, in order', async () => {
    const job = new TestJob(0, { rows: 1003, width: 3 });
    const runner = await runAll([job]);
    assert.ok(runner.runs.every((run) => run.length <= 8));
    assert.deepEqual(
      job.answer,
      Array.from({ length: 3009 }, (_, index) => 2 * Math.floor(index / 3)),
    );
  });

  it('never joins inputs of different shapes', async () => {
    const jobs = [1, 2, 1, 2, 1].map((width, index) => new TestJob(index, { width }));
    const runner = await runAll(jobs);
    assert.deepEqual(runner.runs, [
      [0, 2, 4],
      [1, 3],
    ]);
    assert.deepEqual(jobs[1]?.answer, [2, 2]);
  });

  it('runs what has no rows to share by itself', async () => {
    const jobs = [new TestJob(1, { rows: null }), new TestJob(5), new TestJob(2, { rows: null }), new TestJob(6)];
    const runner = await runAll(jobs);
    assert.deepEqual([...runner.runs].sort(), [[1], [2], [5, 6]]);
  });

  it('gives every connection the same share of a run, however much each has sent', async () => {
    const [greedy, modest] = [{}, {}];
    const bulk = new TestJob(0, { rows: 1000, connection: greedy });
    const singles = [1, 2, 3].map((first) => new TestJob(1000 * first, { connection: modest }));
    const runner = await runAll([bulk, ...singles]);
    const turnOf = (value: number) => runner.runs.findIndex((run) => run.includes(value));
    assert.deepEqual([1000, 2000, 3000].map(turnOf), [0, 0, 0]);
    assert.equal(runner.runs[0]?.length, 8);
    assert.equal(bulk.answer?.length, 1000);
  });

  it('finishes equal bulk requests together', async () => {
    const jobs = [0, 1, 2, 3].map((client) => new TestJob(client * 1000, { rows: 400 }));
    const runner = await runAll(jobs);
    const last = jobs.map((_, client) =>
      runner.runs.findLastIndex((run) => run.some((value) => Math.floor(value / 1000) === client)),
    );
    assert.ok(Math.max(...last) - Math.min(...last) <= 1, `${last}`);
  });

  it('runs a job in one piece where that is as good as runs of the best size, and nobody with few rows waits', async () => {
    const run = async (jobs: readonly TestJob[], times: Readonly<Record<number, number>>): Promise<number[]> => {
      const runner = new TestRunner({ milliseconds: 13.5 });
      const scheduler = makeScheduler({ maxSize: 16 });
      for (const job of jobs) scheduler.submit(job);
      scheduler.start(runner, { times });
      await turns();
      return runner.runs.map(({ length }) => length);
    };
    const large = () => [0, 100, 200].map((first) => new TestJob(first, { rows: 12 }));
    const upToEight = { 1: 8, 2: 8.2, 4: 8.5, 8: 9 };
    assert.deepEqual(await run(large(), { ...upToEight, 16: 18 }), [12, 12, 12]);
    assert.equal((await run([...large(), new TestJob(300)], { ...upToEight, 16: 18 }))[0], 8);
    assert.equal((await run(large(), { ...upToEight, 16: 24 }))[0], 8);
  });

  it('lets no connection wait for ever when runs hold fewer rows than there are connections', async () => {
    const jobs = Array.from({ length: 30 }, (_, client) => new TestJob(client * 100, { rows: 10 }));
    const runner = await runAll(jobs, { maxSize: 4 });
    const first = jobs.map((_, client) => runner.runs.findIndex((run) => run.includes(client * 100)));
    assert.ok(Math.max(...first) <= 8, `${first}`);
  });

  it('serves a smaller priority first', async () => {
    const jobs = [5, 9, 1].map((priority) => new TestJob(priority, { priority }));
    const runner = await runAll(jobs);
    assert.deepEqual(runner.runs, [[1], [5], [9]]);
  });

  it('fails only the job whose values the model refuses', async () => {
    const jobs = [1, -5, 3, 4].map((first) => new TestJob(first));
    await runAll(jobs);
    assert.deepEqual(
      jobs.map((job) => job.answer?.[0] ?? job.error?.message),
      [2, 'a row is negative', 6, 8],
    );
  });

  it('fails a split job once, and runs no more of it', async () => {
    const job = new TestJob(-20, { rows: 1000 });
    const runner = await runAll([job]);
    assert.equal(job.error?.message, 'a row is negative');
    assert.ok(runner.runs.length <= 2);
  });

  it('drops what nobody waits for before it is run, and tells why', async () => {
    const refusals: Refusal[] = [];
    const [gone, late, good] = [new TestJob(1), new TestJob(2, { deadlineMs: performance.now() - 1 }), new TestJob(3)];
    gone.wanted = false;
    const runner = await runAll([gone, late, good], { refusals });
    assert.deepEqual(runner.runs, [[3]]);
    assert.equal((late.error as RequestError).status, 504);
    assert.deepEqual(refusals, ['client-gone', 'deadline']);
  });

  it('runs no more of a large job once its client has gone', async () => {
    const scheduler = makeScheduler({});
    const runner = new TestRunner({ free: 1 });
    scheduler.start(runner);
    const job = new TestJob(0, { rows: 1000 });
    scheduler.submit(job);
    await turns();
    job.wanted = false;
    for (let turn = 0; turn < 3; turn++) {
      for (const end of runner.held.splice(0)) end();
      await turns();
    }
    assert.equal(runner.runs.length, 1);
    assert.equal(scheduler.waiting, 0);
    assert.equal(scheduler.bodies.heldBytes, 0);
  });

  it('answers a deadline that passes while a long run goes on', async () => {
    const scheduler = makeScheduler({});
    const runner = new TestRunner({ free: 1 });
    scheduler.start(runner);
    scheduler.submit(new TestJob(1));
    await turns();
    const late = new TestJob(2, { deadlineMs: performance.now() + 20 });
    const later = new TestJob(3, { deadlineMs: performance.now() + 10_000 });
    scheduler.submit(later);
    scheduler.submit(late);
    while (late.error === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal((late.error as RequestError).status, 504);
    for (const end of runner.held.splice(0)) end();
    await turns();
    for (const end of runner.held.splice(0)) end();
    assert.deepEqual(later.answer, [6]);
  });

  it('refuses with 429 and Retry-After what finds the queue full, and lets abandoned jobs make room', async () => {
    const scheduler = makeScheduler({ capacity: 2 });
    const jobs = [new TestJob(1), new TestJob(2)];
    for (const job of jobs) {
      scheduler.assertRoom();
      scheduler.submit(job);
    }
    assert.throws(
      () => scheduler.assertRoom(),
      (error) => error instanceof RequestError && error.status === 429 && error.headers['retry-after'] === '1',
    );
    (jobs[0] as TestJob).wanted = false;
    await new Promise((resolve) => setTimeout(resolve, 20));
    scheduler.assertRoom();
  });

  it('does not look through a full queue anew for each of many refusals', () => {
    const scheduler = makeScheduler({ capacity: 1 });
    let looks = 0;
    const job = new TestJob(1);
    job.isWanted = () => {
      looks++;
      return true;
    };
    scheduler.submit(job);
    for (let refusal = 0; refusal < 1000; refusal++) assert.throws(() => scheduler.assertRoom());
    assert.ok(looks < 500, `${looks} looks for 1000 refusals`);
  });

  it('begins no run that would last beyond its slice while connections wait', async () => {
    const scheduler = makeScheduler({ maxSize: 1 });
    const order: string[] = [];
    const runner = new TestRunner();
    const { run } = runner;
    runner.run = (...args) => {
      order.push('run');
      const end = performance.now() + 3;
      while (performance.now() < end);
      run.apply(runner, args);
    };
    for (let index = 0; index < 3; index++) scheduler.submit(new TestJob(index));
    scheduler.start(runner);
    await new Promise<void>((resolve) => {
      const turn = (): void => {
        order.push('turn');
        if (order.filter((what) => what === 'run').length < 3) setImmediate(turn);
        else resolve();
      };
      setImmediate(turn);
    });
    assert.doesNotMatch(order.join(' '), /run run/);
  });

  it('holds the bytes of a job until it is settled, whatever becomes of it', async () => {
    const ledger = new Ledger(100);
    const jobs = [new TestJob(1, { rows: 10 }), new TestJob(-9, { rows: 10 }), new TestJob(2)];
    (jobs[2] as TestJob).wanted = false;
    const scheduler = makeScheduler({ ledger });
    for (const job of jobs) scheduler.submit(job);
    assert.equal(ledger.heldBytes, 84);
    assert.throws(
      () => scheduler.submit(new TestJob(3, { rows: 10 })),
      (error) => error instanceof RequestError && error.status === 429,
    );
    assert.equal(ledger.heldBytes, 80, 'what nobody waits for has made room');
    scheduler.start(new TestRunner());
    await turns();
    assert.equal(ledger.heldBytes, 0);
  });

  it('waits for more rows as long as it may, and no longer than a full run needs', async () => {
    const scheduler = makeScheduler({ maxSize: 3, maxDelayMs: 50 });
    const runner = new TestRunner();
    scheduler.start(runner);
    scheduler.submit(new TestJob(1));
    await turns();
    assert.equal(runner.runs.length, 0);
    scheduler.submit(new TestJob(2));
    scheduler.submit(new TestJob(3));
    await turns();
    assert.deepEqual(runner.runs, [[1, 2, 3]]);
    scheduler.submit(new TestJob(4));
    while (runner.runs.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(runner.runs[1], [4]);
  });

  it('holds the bytes of a job until its answer is written', async () => {
    const ledger = new Ledger(100);
    const scheduler = makeScheduler({ ledger });
    scheduler.start(new TestRunner());
    const job = new TestJob(1, { width: 5 });
    let written = (): void => {};
    job.writing = new Promise((resolve) => {
      written = resolve;
    });
    scheduler.submit(job);
    await turns(3);
    assert.ok(job.answer);
    assert.ok(ledger.heldBytes > 0);
    written();
    await turns(1);
    assert.equal(ledger.heldBytes, 0);
  });

  it('lets those whom one run has answered come back together, where a run of all takes as long as one of the first', async () => {
    const scheduler = makeScheduler({});
    const runner = new TestRunner({ milliseconds: 4000 });
    // Client n asks again n turns after it was answered.
    const client = (turn: number, rounds: number): void => {
      const job = new TestJob(turn);
      const succeed = job.succeed.bind(job);
      job.succeed = (outputs, facts) => {
        if (rounds > 1) void turns(turn).then(() => client(turn, rounds - 1));
        return succeed(outputs, facts);
      };
      scheduler.submit(job);
    };
    for (let turn = 0; turn < 4; turn++) client(turn, 5);
    scheduler.start(runner, { times: { 1: 4000, 2: 4000, 4: 4000, 8: 4000 } });
    await turns(100);
    assert.deepEqual(
      runner.runs.map(({ length }) => length),
      [4, 4, 4, 4, 4],
    );
  });

  it('tells where it is held back from runs that would save time', async () => {
    const scheduler = makeScheduler({});
    let told = 0;
    const times = { 1: 15, 2: 15, 4: 30, 8: 30 };
    scheduler.start(new TestRunner({ milliseconds: 25 }), { times, longestRunMs: 20, onHeldBack: () => told++ });
    const ask = async (count: number): Promise<void> => {
      const jobs = Array.from({ length: count }, (_, job) => new TestJob(job));
      for (const job of jobs) scheduler.submit(job);
      // How much is run in a turn is up to the clock.
      while (jobs.some(({ answer }) => answer === undefined)) await turns();
    };
    await ask(100);
    assert.equal(told, 0);
    await ask(400);
    assert.ok(told > 0);
  });

  it('goes on with another runner after a pause, and begins nothing meanwhile', async () => {
    const scheduler = makeScheduler({});
    const [first, second] = [new TestRunner(), new TestRunner()];
    const jobs = [0, 1, 2].map((value) => new TestJob(value));
    scheduler.start(first);
    scheduler.submit(jobs[0] as TestJob);
    await turns();
    scheduler.submit(jobs[1] as TestJob);
    scheduler.pause();
    scheduler.submit(jobs[2] as TestJob);
    await turns();
    assert.deepEqual([first.runs, jobs[1]?.answer], [[[0]], undefined]);
    scheduler.start(second);
    await turns();
    assert.deepEqual([first.runs, second.runs], [[[0]], [[1, 2]]]);
  });

  it('refuses what was taken in and fits no run of the next runner, and runs the rest', async () => {
    const refusals: Refusal[] = [];
    let widest = 9;
    const needs = {
      ...NO_NEEDS,
      largestRun({ inputs }: Job) {
        if ((inputs.x?.dims[1] ?? 0) > widest) throw new RequestError(413, 'too wide');
        return 8;
      },
    };
    const observer = { ...NOBODY, refused: (reason: Refusal) => void refusals.push(reason) };
    const scheduler = new Scheduler({ capacity: 9, rule: rule(8), ledger: new Ledger(), needs: () => needs, observer });
    const jobs = [1, 9, 1, 9].map((width, index) => new TestJob(index, { width }));
    for (const job of jobs) scheduler.submit(job);
    widest = 8;
    scheduler.start(new TestRunner());
    await turns();
    assert.deepEqual(
      jobs.map(({ answer, error }) => (error as RequestError | undefined)?.status ?? answer?.[0]),
      [0, 413, 4, 413],
    );
    assert.deepEqual([refusals, scheduler.waiting], [['never-fits', 'never-fits'], 0]);
  });

  it('counts whom it has no memory for, be it their body or their tensors', async () => {
    const refusals: Refusal[] = [];
    const scheduler = makeScheduler({ ledger: new Ledger(100), refusals });
    scheduler.bodies.hold(100);
    assert.throws(() => scheduler.bodies.hold(1), { status: 429 });
    assert.throws(() => scheduler.submit(new TestJob(1)), { status: 429 });
    assert.deepEqual(refusals, ['memory-full', 'memory-full']);
  });

  it('begins as many runs as there are threads for them, and goes on as they end', async () => {
    const scheduler = makeScheduler({ maxSize: 1 });
    const runner = new TestRunner({ free: 2 });
    scheduler.start(runner);
    const jobs = [1, 2, 3].map((first) => new TestJob(first));
    for (const job of jobs) scheduler.submit(job);
    await turns();
    assert.deepEqual(runner.runs, [[1], [2]]);
    runner.held.pop()?.();
    await turns();
    assert.deepEqual(
      jobs.map((job) => job.answer),
      [undefined, [4], undefined],
    );
    for (const end of runner.held.splice(0)) end();
    await turns();
    assert.deepEqual(
      jobs.map((job) => job.answer),
      [[2], [4], [6]],
    );
  });

  it('stops joining rows where that was measured to bring nothing', async () => {
    const scheduler = makeScheduler({ maxSize: 8 });
    const runner = new TestRunner();
    for (let index = 0; index < 4; index++) scheduler.submit(new TestJob(index));
    scheduler.start(runner, { times: { 1: 10, 2: 20, 4: 40 } });
    await turns();
    assert.equal(runner.runs[0]?.length, 1);
  });
});
