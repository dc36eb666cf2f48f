import assert from 'node:assert/strict';
import { makePlan, type PlanFacts, SLOW, slowBody } from './plans.ts';
import { ask, infer, type RunningServer, readyLine, useServers } from './running-server.ts';

/** The slow fixture, with an example that takes long enough to be measured as heavy. */
const HEAVY: PlanFacts = {
  ...SLOW,
  example: { inputs: [{ name: 'steps', datatype: 'INT64', shape: [], data: [40_000] }] },
};

describe('A heavy model', () => {
  const startOne = useServers();
  const start = (facts: PlanFacts): Promise<RunningServer> => startOne({ fixture: 'slow', plan: makePlan(facts) });

  it('is told from a light one at warm-up, and runs on threads of its own', async () => {
    assert.equal(readyLine((await start(SLOW)).output.stdout).workers, 0);
    assert.equal(readyLine((await start(HEAVY)).output.stdout).workers, 1);
  });

  it('leaves health and metrics to answer while a run of a second goes on', async () => {
    const server = await start(HEAVY);
    let isDone = false;
    const long = infer(server, slowBody(400_000)).finally(() => {
      isDone = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const [ready, metrics] = await Promise.all([ask(server, '/v2/health/ready'), ask(server, '/metrics')]);
    assert.deepEqual([ready.status, metrics.status, isDone], [200, 200, false]);
    assert.deepEqual(JSON.parse((await long).text).outputs[0].data, [400_000]);
  });

  it('gives every request its own answer, with several runs at a time', async () => {
    const server = await start({ ...HEAVY, concurrency: 2 });
    const steps = Array.from({ length: 20 }, (_, index) => 1000 * (index % 7) + index);
    const replies = await Promise.all(steps.map((count) => infer(server, slowBody(count))));
    assert.deepEqual(
      replies.map(({ text }) => JSON.parse(text).outputs[0].data[0]),
      steps,
    );
  });

  it('answers all that it took in before a signal to stop', async () => {
    const server = await start(HEAVY);
    const replies = [10_000, 20_000, 30_000].map((count) => infer(server, slowBody(count)));
    await new Promise((resolve) => setTimeout(resolve, 100));
    server.process.kill('SIGTERM');
    assert.deepEqual(
      (await Promise.all(replies)).map(({ status }) => status),
      [200, 200, 200],
    );
    assert.equal(await server.exit, 0, server.output.stderr);
  });

  for (const [title, signals, code, isWanted] of [
    ['with 1 when the grace period ends', 1, 1, true],
    ['at a second signal', 2, 143, true],
    ['with 0 where nobody waits for the run any more', 1, 0, false],
  ] as const) {
    it(`does not keep the process up in the middle of a run, which exits ${title}`, async function () {
      // Before, Node waits for the run, and the runtime aborts in it.
      if (!('execve' in process)) this.skip();
      const environment = { PLIMSOLL_GRACE_SECONDS: '1' };
      const server = await startOne({ fixture: 'slow', plan: makePlan(HEAVY), environment });
      const client = new AbortController();
      const headers = { 'content-type': 'application/json' };
      const init = { method: 'POST', body: slowBody(4_000_000), headers, signal: client.signal };
      const asked = ask(server, '/v2/models/model/infer', init).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 200));
      if (!isWanted) client.abort();
      const begun = performance.now();
      for (let count = 0; count < signals; count++) {
        server.process.kill('SIGTERM');
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      assert.equal(await server.exit, code, server.output.stderr);
      assert.ok(performance.now() - begun < 3000);
      await asked;
    });
  }

  it('is found out while serving too, and moves without an answer lost or wrong', async () => {
    const server = await start(SLOW);
    const steps = Array.from({ length: 12 }, (_, index) => 60_000 + index);
    const replies = await Promise.all(steps.map((count) => infer(server, slowBody(count))));
    assert.deepEqual(
      replies.map(({ text }) => JSON.parse(text).outputs[0].data[0]),
      steps,
    );
    assert.match(server.output.stdout, /"event":"moved","workers":1/);
    let isDone = false;
    const long = infer(server, slowBody(400_000)).finally(() => {
      isDone = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    const metrics = await ask(server, '/metrics');
    assert.deepEqual([metrics.status, isDone], [200, false]);
    assert.match(metrics.text, /^plimsoll_workers(?:\{[^}]*\})? 1$/m);
    assert.deepEqual(JSON.parse((await long).text).outputs[0].data, [400_000]);
  });
});
