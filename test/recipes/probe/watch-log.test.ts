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
});
