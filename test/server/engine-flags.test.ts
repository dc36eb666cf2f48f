import assert from 'node:assert/strict';
import type { MemoryTable } from '../../schemas/plan.ts';
import { makePlan, SLOW } from './plans.ts';
import { useServers } from './running-server.ts';

/** Writes down when flags are set, threads are started and modules of Node's are asked for, one word a line. */
const SPY = `
const { getBuiltinModule } = process;
const note = (word) => process._rawDebug('spy ' + word);
const v8 = getBuiltinModule('node:v8');
const { setFlagsFromString } = v8;
v8.setFlagsFromString = (flag) => { note('flag'); setFlagsFromString(flag); };
process.getBuiltinModule = (name) => { note('module'); return getBuiltinModule(name); };
const threads = getBuiltinModule('node:worker_threads');
threads.Worker = class extends threads.Worker {
  constructor(...facts) { note('thread'); super(...facts); }
};
`;

describe('setEngineFlags', () => {
  const start = useServers();
  const events = async (memory?: MemoryTable): Promise<string> => {
    const environment = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(SPY)}` };
    const { output } = await start({
      fixture: 'slow',
      plan: makePlan({ ...SLOW, ...(memory && { memory }) }),
      environment,
    });
    const words = [...output.stderr.matchAll(/^spy (\w+)$/gm)].map((match) => match[1]);
    return words.filter((word, index) => word !== words[index - 1]).join(' ');
  };

  it('comes after all modules of Node’s, which are compiled anew from then on', async () => {
    assert.equal(await events(), 'module flag');
  });

  it('comes after a thread has been started, where the model is expected to need one', async () => {
    // Where it proves to be light, this thread loads it after all.
    assert.equal(await events(ofRunBytes(2 ** 30)), 'module thread flag');
  });
});

/** Of a model of which one run takes so much. */
function ofRunBytes(runBytes: number): MemoryTable {
  return {
    ...{ idleBytes: 0, modelBytes: 0, createPeakBytes: 0, workerBytes: 0, mappedBytes: 0, recommendedLimitBytes: 0 },
    ...{ marginFactor: 0, marginBytes: 0, axes: [], rowsAxis: null, runBytes: [runBytes] },
  };
}
