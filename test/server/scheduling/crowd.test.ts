import assert from 'node:assert/strict';
import { Crowd } from '../../../templates/server/scheduling/crowd.ts';
import { RunTimes } from '../../../templates/server/scheduling/run-times.ts';

const MOST = 32;

function timesOf(milliseconds: Readonly<Record<number, number>>): RunTimes {
  const times = new RunTimes(MOST);
  for (const rows in milliseconds) times.note(Number(rows), milliseconds[rows] ?? 0);
  return times;
}

/** Weights are read once for all rows: a second run costs 4 ms. */
const HEAVY_WEIGHTS = timesOf({ 1: 4, 2: 4, 4: 4, 8: 4.2, 16: 4.5, 32: 5 });
const ARITHMETIC = timesOf({ 1: 4, 2: 8, 4: 16, 8: 32, 16: 64, 32: 128 });

describe('A crowd', () => {
  const wait = (crowd: Crowd, ready: number, nowMs: number, times = HEAVY_WEIGHTS): number =>
    crowd.waitMs(ready, { most: MOST, nowMs, times });

  it('that a run has answered is waited for until it is there', () => {
    const crowd = new Crowd();
    crowd.ended(16, 100);
    assert.ok(wait(crowd, 1, 100.1) > 0.5);
    assert.ok(wait(crowd, 15, 100.2) > 0.5);
    assert.equal(wait(crowd, 16, 100.3), 0);
  });

  it('is waited for no longer than a share of what that saves', () => {
    const crowd = new Crowd();
    crowd.ended(16, 100);
    assert.ok(wait(crowd, 1, 100.9) > 0);
    assert.equal(wait(crowd, 1, 101.1), 0);
  });

  it('is not waited for where runs of many rows save nothing, where nothing was measured, or where nobody was answered', () => {
    const crowd = new Crowd();
    crowd.ended(16, 100);
    assert.equal(wait(crowd, 1, 100, ARITHMETIC), 0);
    assert.equal(wait(crowd, 1, 100, timesOf({})), 0);
    crowd.ended(1, 200);
    assert.equal(wait(crowd, 1, 200), 0);
  });

  it('is not waited for beyond the largest run', () => {
    const crowd = new Crowd();
    crowd.ended(100, 100);
    assert.equal(wait(crowd, MOST, 100), 0);
  });

  it('that stays away is waited for ever more rarely, until it comes again', () => {
    const crowd = new Crowd();
    const run = (endedMs: number, returning: number): boolean => {
      crowd.ended(16, endedMs);
      const isWaiting = wait(crowd, 1, endedMs + 0.1) > 0;
      wait(crowd, returning, endedMs + (returning > 1 ? 0.3 : 2));
      return isWaiting;
    };
    const tried = Array.from({ length: 40 }, (_, index) => (run(10 * index, 1) ? index : -1)).filter((at) => at >= 0);
    assert.deepEqual(tried, [0, 1, 4, 11, 26]);
    const again = Array.from({ length: 40 }, (_, index) => (run(1000 + 10 * index, 16) ? index : -1));
    assert.equal(again.filter((at) => at >= 0).length, 40 - again.indexOf(again.find((at) => at >= 0) ?? 0));
  });
});
