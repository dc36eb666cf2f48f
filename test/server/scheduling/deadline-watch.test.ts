import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { DeadlineWatch } from '../../../templates/server/scheduling/deadline-watch.ts';

describe('The watch over deadlines', () => {
  it('calls for the soonest, and then only for one that still counts', async () => {
    const begun = performance.now();
    const calls: number[] = [];
    let left = begun + 60;
    const watch = new DeadlineWatch(() => {
      calls.push(performance.now() - begun);
      const next = left;
      left = Number.POSITIVE_INFINITY;
      return next;
    });
    for (const after of [40, 50, 20, 30, 41]) watch.watch(begun + after);
    await sleep(100);
    assert.equal(calls.length, 2);
    assert.ok((calls[0] ?? 0) >= 19 && (calls[1] ?? 0) >= 59, calls.join());
    watch.watch(performance.now() + 5);
    await sleep(30);
    assert.equal(calls.length, 3);
  });
});
