import assert from 'node:assert/strict';
import { LongRuns } from '../../../templates/server/scheduling/long-runs.ts';

/** Runs one after another, each as long as it says, of which it worked so long; gives after which of them they were too long. */
function watch(
  runs: readonly (readonly [milliseconds: number, workedMs?: number, pauseMs?: number])[],
  parts = 1,
): number {
  let [now, cpuMs] = [0, 0];
  const long = new LongRuns(() => cpuMs);
  return runs.findIndex(([milliseconds, workedMs = milliseconds, pauseMs = 0]) => {
    long.begin();
    now += milliseconds;
    cpuMs += workedMs;
    const isLong = long.ended({ milliseconds, parts, endedMs: now });
    now += pauseMs;
    return isLong;
  });
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);

describe('Long runs', () => {
  it('are too many when they come again and again', () => {
    assert.equal(watch(times(20, [30])), 9);
    assert.equal(watch(times(20, [3000])), 2);
    assert.equal(watch(Array.from({ length: 60 }, (_, index) => [index % 2 === 0 ? 1 : 50])), 11);
  });

  it('are no matter while they are rare, or not long', () => {
    assert.equal(watch([[200], [200], ...times(1000, [15] as const)]), -1);
    assert.equal(watch(times(50, [100, 100, 6000])), -1);
  });

  it('do not count where they are long for being of many rows', () => {
    assert.equal(watch(times(50, [100]), 8), -1);
    assert.equal(watch(times(50, [100]), 4), 2);
  });

  it('do not count where the run was kept from the processor', () => {
    assert.equal(watch(times(50, [100, 2])), -1);
  });
});
