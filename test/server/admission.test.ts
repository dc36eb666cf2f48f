import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { MemoryTable } from '../../schemas/plan.ts';
import { makePlan, type PlanFacts, TWO_BY_TWO } from './plans.ts';
import { ask, infer, type RunningServer, spawnServer, useServers } from './running-server.ts';

const MIB = 2 ** 20;

/** As the packager writes it for a small model; the fixture takes far less than this says. */
const TABLE: MemoryTable = {
  idleBytes: 30 * MIB,
  createPeakBytes: 30 * MIB,
  modelBytes: 0,
  workerBytes: 10 * MIB,
  mappedBytes: 60 * MIB,
  marginFactor: 0.015,
  marginBytes: 2 * MIB,
  recommendedLimitBytes: 160 * MIB,
  axes: [{ name: 'batch', input: 'a', axis: 0, sizes: [1, 2, 4, 8] }],
  rowsAxis: 0,
  runBytes: [1, 2, 4, 8].map((rows) => rows * MIB),
};

const FACTS: PlanFacts = { ...TWO_BY_TWO, maxSize: 8, memory: TABLE, bodyBytes: 64 * MIB };

const rowsOf = (count: number): string => {
  const port = (name: string) => ({ name, datatype: 'FP32', shape: [count, 3], data: Array(3 * count).fill(1.123456) });
  return JSON.stringify({ inputs: [port('a'), port('b')] });
};

describe('Admission by bytes', () => {
  const startOne = useServers();
  const start = (facts: PlanFacts, memoryBytes: number | null): Promise<RunningServer> =>
    startOne({ fixture: 'two-by-two', plan: { ...makePlan(facts), memoryBytes } });
  const held = async (server: RunningServer): Promise<number> =>
    Number(/^plimsoll_admitted_bytes (\d+)$/m.exec((await ask(server, '/metrics')).text)?.[1]);

  it('says what it had to cut down under a lower limit than planned, and serves', async () => {
    const server = await start(FACTS, 120 * MIB);
    assert.match(
      server.output.stderr,
      /the memory limit is 120 MiB; 160 MiB was planned for: \S+ MiB for mapped files instead of 94\.9 MiB/,
    );
    assert.equal((await infer(server, rowsOf(100))).status, 200);
  });

  it('refuses to start where the smallest run does not fit, in one line and with exit 2', async () => {
    const server = await spawnServer({ fixture: 'two-by-two', plan: { ...makePlan(FACTS), memoryBytes: 95 * MIB } });
    assert.equal(await server.exit, 2);
    assert.match(
      server.output.stderr,
      /^plimsoll: the memory limit of 95 MiB is too low: 32\.\d MiB with the model loaded, .* make \S+ MiB; 160 MiB was planned for\n$/,
    );
  });

  it('refuses at once what can never fit, with the rows that would', async () => {
    const server = await start(FACTS, 120 * MIB);
    const reply = await infer(server, rowsOf(20_000));
    assert.equal(reply.status, 413, reply.text);
    const fits = Number(/; (\d+) rows would fit, found 20000/.exec(reply.text)?.[1]);
    assert.equal((await infer(server, rowsOf(fits))).status, 200);
  });

  it('takes no body that leaves no room for its tensors and its answer', async () => {
    const server = await start(FACTS, 120 * MIB);
    const reply = await infer(server, `{"inputs":"${' '.repeat(20 * MIB)}"}`);
    assert.equal(reply.status, 413);
    assert.equal(await held(server), 0);
  });

  it('counts bodies while they come in, and gives their bytes back when the client goes', async () => {
    const server = await start(FACTS, 200 * MIB);
    const client = connect(server.port(), '127.0.0.1');
    await once(client, 'connect');
    client.write(
      `POST /v2/models/model/infer HTTP/1.1\r\nhost: x\r\ncontent-length: ${2 * MIB}\r\n\r\n{"x":"${'x'.repeat(MIB)}`,
    );
    await until(async () => (await held(server)) >= MIB);
    client.destroy();
    await until(async () => (await held(server)) === 0);
  });

  it('counts an answer until its client has read it', async () => {
    const server = await start({ ...FACTS, memory: { ...TABLE, idleBytes: 10 * MIB } }, 300 * MIB);
    const body = rowsOf(100_000);
    const client = connect(server.port(), '127.0.0.1');
    await once(client, 'connect');
    client.pause();
    client.write(`POST /v2/models/model/infer HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    await until(async () =>
      /plimsoll_inference_requests_total\{outcome="ok",reason=""\} 1/.test((await ask(server, '/metrics')).text),
    );
    assert.ok((await held(server)) > 100_000);
    client.resume();
    await until(async () => (await held(server)) === 0);
    client.destroy();
  });

  it('has no bytes held after requests of every kind', async () => {
    const server = await start(FACTS, 200 * MIB);
    await Promise.all([rowsOf(1), rowsOf(1000), '{', '{"inputs":[]}', rowsOf(0)].map((body) => infer(server, body)));
    await until(async () => (await held(server)) === 0);
  });
});

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail('it did not come to that');
}
