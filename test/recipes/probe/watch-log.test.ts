import assert from 'node:assert/strict';
import { watchLog } from '../../../src/recipes/probe/watch-log.ts';

describe('The log of a probed server', () => {
  for (const [workers, seat] of [
    [0, 'inline'],
    [2, 'worker'],
  ] as const)
    it(`tells that the model runs ${seat}, once it is ready`, async () => {
      const log = watchLog();
      log.onLog('the memory limit is low');
      assert.equal(log.seat(), undefined);
      log.onLog(JSON.stringify({ event: 'ready', readyMs: 5, port: 80, workers }));
      await log.ready;
      assert.equal(log.seat(), seat);
    });

  it('tells that the model runs on a thread of its own, once it has been moved there', () => {
    const log = watchLog();
    log.onLog(JSON.stringify({ event: 'ready', readyMs: 5, port: 80, workers: 0 }));
    log.onLog(JSON.stringify({ event: 'moved', workers: 1, threads: 2, loadMs: 42 }));
    assert.equal(log.seat(), 'worker');
  });
});
