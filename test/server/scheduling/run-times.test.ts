import assert from 'node:assert/strict';
import { RunTimes } from '../../../templates/server/scheduling/run-times.ts';

const rows: readonly (readonly [
  title: string,
  times: Readonly<Record<number, number>>,
  largest: number,
  preferred: number,
])[] = [
  ['nothing measured: the largest', {}, 32, 32],
  ['weights that are read once for all rows', { 1: 3.6, 2: 3.7, 4: 4, 8: 10, 16: 22 }, 32, 4],
  ['arithmetic that takes its time for each row', { 1: 13, 2: 26, 4: 52 }, 32, 1],
  ['noise around the same time by the row', { 1: 13, 2: 25.5, 4: 50 }, 32, 1],
  ['still getting better at the largest that was tried: the next', { 1: 0.02, 2: 0.022, 4: 0.025 }, 32, 8],
  ['no larger than the largest', { 1: 0.02, 2: 0.022, 4: 0.025 }, 6, 6],
  ['one measurement: try two', { 1: 5 }, 32, 2],
];

describe('Run times', () => {
  for (const [title, times, largest, preferred] of rows) {
    it(`prefer: ${title}`, () => {
      const known = new RunTimes(largest);
      for (const [size, milliseconds] of Object.entries(times)) known.note(Number(size), milliseconds);
      assert.equal(known.preferredRows, preferred);
    });
  }

  it('take a faster measurement at once and a slower one slowly', () => {
    const times = new RunTimes(8);
    times.note(4, 10);
    times.note(4, 100);
    assert.ok((times.leastMs(4) ?? 0) < 20);
    times.note(4, 5);
    assert.equal(times.leastMs(4), 5);
  });

  it('keep to the fastest where most runs are disturbed', () => {
    const times = new RunTimes(16);
    for (const rows of [1, 2, 4, 8, 16]) times.note(rows, 14);
    const told = Array.from({ length: 400 }, (_, run) => {
      const rows = times.rowsWithin(20);
      times.note(rows, run % 20 === 0 ? 14 : 42);
      return rows;
    });
    const full = told.filter((rows) => rows === 16).length;
    assert.ok(full > 370, `${full}`);
    assert.equal(times.preferredRows, 16);
  });

  it('follow runs that have become slower for good', () => {
    const times = new RunTimes(16);
    for (const rows of [1, 2, 4, 8, 16]) times.note(rows, 14);
    for (let run = 0; run < 200; run++) times.note(16, 40);
    assert.equal(times.rowsWithin(20), 8);
  });

  it('take a size that was not tried for as quick as the next smaller one, so that it is tried', () => {
    const times = new RunTimes(64);
    assert.equal(times.leastMs(4), undefined);
    times.note(2, 6);
    assert.equal(times.leastMs(8), 6);
    assert.equal(times.leastMs(1), undefined);
    times.note(3, 9);
    assert.equal(times.leastMs(4), 12);
  });

  it('forget what took far longer than twice the rows can, and try it again', () => {
    const times = new RunTimes(32);
    times.note(1, 10);
    times.note(2, 25);
    assert.equal(times.preferredRows, 1);
    times.note(1, 4);
    assert.deepEqual([times.measured, times.preferredRows], [{ 1: 4 }, 2]);
    times.note(2, 8);
    times.note(1, 3.9);
    assert.deepEqual(times.measured, { 1: 3.9, 2: 8 });
  });

  /** What is run, of so many runs that take as long as is told of the rows and the run's place. */
  const serve = (times: RunTimes, runs: number, perRun: (rows: number, run: number) => number): number[] =>
    Array.from({ length: runs }, (_, run) => {
      const rows = times.rowsWithin(20);
      times.note(rows, perRun(rows, run));
      return rows;
    });

  const measured = (largest: number, milliseconds: Readonly<Record<number, number>>): RunTimes => {
    const times = new RunTimes(largest);
    for (const rows in milliseconds) times.note(Number(rows), milliseconds[rows] ?? 0);
    return times;
  };

  it('try more rows again after full runs, since what was measured may have been disturbed', () => {
    const told = serve(measured(32, { 1: 13, 2: 30, 4: 60 }), 200, (rows) => (rows === 1 ? 13 : 7 * rows));
    assert.deepEqual([told.indexOf(2), told.at(-1)], [8, 2]);
  });

  it('try them ever more rarely where they bring nothing', () => {
    const told = serve(measured(32, { 1: 13, 2: 26 }), 300, (rows) => 13 * rows);
    assert.deepEqual(
      told.flatMap((rows, index) => (rows > 1 ? [index] : [])),
      [8, 17, 26, 35, 44, 53, 62, 79, 112, 177, 242],
    );
  });

  it('go down where half the rows take as little time each, and stay where they take more', () => {
    const cache = (rows: number): number => (rows <= 4 ? 2 + rows / 2 : 3 * rows);
    const told = serve(measured(32, { 1: 2.5, 2: 3, 4: 4, 8: 3.8 }), 200, cache);
    assert.deepEqual([told[0], told.at(-1)], [16, 4]);
  });

  it('try fewer rows where there are never enough for more, or memory has no room for them', () => {
    const linear = (rows: number): number => 0.1 * rows;
    const known = { 1: 0.12, 2: 0.22, 4: 0.4, 8: 0.7, 16: 1.8 };
    const crowd = measured(32, known);
    assert.equal(crowd.preferredRows, 8);
    for (let run = 0; run < 400; run++) {
      const rows = Math.min(crowd.rowsWithin(20), 8);
      crowd.note(rows, linear(rows));
    }
    assert.equal(crowd.preferredRows, 1);
    const tight = measured(32, known);
    for (let run = 0; run < 400; run++) {
      const rows = tight.rowsWithin(20, 4);
      tight.note(rows, linear(rows));
    }
    assert.equal(tight.preferredRows, 1);
  });

  it('go over to more rows for a few hundredths of the time, which seven pairs tell from noise', () => {
    let seed = 1;
    const noise = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return 0.99 + (0.02 * seed) / 2_147_483_647;
    };
    const times = measured(16, { 1: 9, 2: 15.2, 4: 27.4 });
    for (let run = 0; run < 400; run++) {
      const rows = times.rowsWithin(1000);
      times.note(rows, rows * (rows >= 8 ? 6.6 : rows === 4 ? 6.84 : 7.6) * noise());
    }
    assert.equal(times.preferredRows, 8);
  });

  it('hold sizes against each other only where the machine was as busy', () => {
    // Every run takes three times as long from the hundredth on.
    const weights = (rows: number, run: number): number => (run < 100 ? 1 : 3) * (1 + rows / 4);
    const times = measured(8, { 1: 1.25, 2: 1.5, 4: 2, 8: 3 });
    assert.equal(serve(times, 2000, weights).at(-1), 8);
  });

  it('tell that longer runs would save time where trials one after another say so, and there are rows for them', () => {
    const trials = (perRun: (rows: number) => number, longestMs: number): number => {
      const times = new RunTimes(32);
      for (const rows of [1, 2, 4, 8, 16, 32]) times.note(rows, perRun(rows));
      for (let run = 0; run < 500; run++) {
        const rows = times.rowsWithin(longestMs);
        times.note(rows, perRun(rows));
        if (times.isHeldBack) return run;
      }
      return -1;
    };
    const heavyWeights = (rows: number): number => 14 + rows;
    // Seven trials of more rows with six of fewer in between, and two more of each, ever more rarely.
    const told = trials(heavyWeights, 20);
    assert.ok(told > 13 * 9 && told < 500, `${told}`);
    assert.equal(trials(heavyWeights, Number.POSITIVE_INFINITY), -1);
    assert.equal(
      trials((rows) => 13 * rows, 20),
      -1,
    );
    assert.equal(
      trials((rows) => 0.1 * rows, 2),
      -1,
    );
  });

  it('say whether a run of all rows of a job is about as good, up to twice as large, and count them among the full ones', () => {
    const times = new RunTimes(32);
    for (const [rows, milliseconds] of [
      [1, 8],
      [2, 8.2],
      [4, 8.5],
      [8, 9],
      [16, 18],
      [32, 36],
    ] as const) {
      times.note(rows, milliseconds);
    }
    assert.equal(times.rowsWithin(100), 8);
    assert.deepEqual(
      [8, 12, 16, 17, 32].map((rows) => times.isGoodWhole(rows)),
      [true, true, true, false, false],
    );
    times.rowsWithin(15);
    assert.deepEqual(
      [12, 16].map((rows) => times.isGoodWhole(rows)),
      [true, false],
    );
    for (let run = 0; run < 8; run++) {
      assert.equal(times.rowsWithin(100), 8);
      times.note(12, 13.5);
    }
    assert.equal(times.rowsWithin(100), 16);
  });

  it('are expected on a line between two sizes that were measured', () => {
    const times = new RunTimes(32);
    assert.equal(times.expectedMs(3), undefined);
    times.note(8, 8);
    times.note(16, 16);
    assert.deepEqual([times.expectedMs(8), times.expectedMs(12), times.expectedMs(16)], [8, 12, 16]);
  });

  it('start from others', () => {
    const warm = new RunTimes(8);
    warm.note(1, 2);
    const own = new RunTimes(8, warm);
    own.note(1, 1);
    assert.deepEqual([warm.measured, own.measured], [{ 1: 2 }, { 1: 1 }]);
  });
});
