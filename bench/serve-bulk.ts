import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { argument, median } from './figures.ts';
import { type ContestantName, type RunningContestant, start } from './serve/contestants.ts';
import { startFloor } from './serve/floor.ts';
import { percentile, pipeline, RawConnection, rawRequest } from './serve/raw-client.ts';
import { setUp } from './serve/setup.ts';

/**
 * Four clients with 5,000 rows of the tiny model each, at once: as single rows over 16 connections a client, as single rows pipelined on
 * one connection, as one request of JSON, and as one of binary tensors; and meanwhile a fifth client's single rows. "floor" is what the client
 * takes with a server that sends prepared answers and reads nothing. These send bytes that were made beforehand; Triton's client and one
 * written by hand in Python begin and end with arrays. Run it on the client's core:
 * taskset -c 1 npx tsx bench/serve-bulk.ts [--rounds N] [--only plimsoll,fastapi] [--node FILE] [--work FOLDER]
 */
const rounds = Number(argument('rounds') ?? 3);
const names = (argument('only')?.split(',') ?? [
  'plimsoll',
  'mlserver',
  'go',
  'plain-node',
  'fastapi',
]) as ContestantName[];
const CLIENTS = 4;
const ROWS = 5000;
const CONNECTIONS = 16;
const WARM_ROUNDS = 15;
const TIMES = 7;

/** Clients that make their requests and read their answers. */
const REAL_CLIENTS = ['tritonclient', 'plain'] as const;
const REAL_CLIENT = fileURLToPath(new URL('peers/bulk_client.py', import.meta.url));

const work = await setUp(['tiny']);
const single = rawRequest(readFileSync(work.body('tiny', 1)));
const bulk = rawRequest(readFileSync(work.body('tiny', ROWS)));
const { bytes, jsonBytes } = work.binaryBody('tiny', ROWS);
const binary = rawRequest(bytes, {
  'content-type': 'application/octet-stream',
  'inference-header-content-length': jsonBytes,
});

const figures = new Map<string, number[]>();
/** Seconds of bulk JSON by contestant, one for each round. */
const jsons = new Map<ContestantName, number[]>();
const note = (name: string, what: string, value: number) => {
  const key = `${name.padEnd(12)} ${what}`;
  figures.set(key, [...(figures.get(key) ?? []), value]);
};
for (let round = 0; round < rounds; round++) {
  for (const name of names) {
    const server = await start(name, { work, model: 'tiny' });
    await warm(server);
    const jsonSeconds = await medianSeconds(() => inBulk(server, bulk));
    note(name, 'bulk JSON, s', jsonSeconds);
    const own = jsons.get(name) ?? [];
    jsons.set(name, [...own, jsonSeconds]);
    if (name === 'plimsoll') {
      const binarySeconds = await medianSeconds(() => inBulk(server, binary));
      note(name, 'bulk binary, s', binarySeconds);
      note(name, 'bulk binary / bulk JSON', binarySeconds / jsonSeconds);
      noteRealClients(server);
    }
    const watch = watchSingles(server);
    const singles = await clients(() => singleRows(server));
    note(name, 'fifth client during single rows, p99 ms', await watch.p99());
    note(name, 'single rows, s', singles.seconds);
    note(name, 'single rows / bulk JSON', singles.seconds / jsonSeconds);
    note(name, 'last client / first, single rows', singles.lastToFirst);
    if (name === 'plimsoll') {
      const pipelined = await clients(() => pipeline(server.port, single, ROWS));
      note(name, 'single rows pipelined, s', pipelined.seconds);
      note(name, 'single rows pipelined / bulk JSON', pipelined.seconds / jsonSeconds);
      await noteFloors(server);
    }
    const busy = watchSingles(server);
    const repeated = await clients(() => repeat(20, () => inBulk(server, bulk)));
    note(name, 'fifth client during bulk, p99 ms', await busy.p99());
    note(name, 'last client / first, bulk', repeated.lastToFirst);
    await server.stop();
  }
}
for (const name of names) {
  for (const [round, seconds] of (jsons.get('plimsoll') ?? []).entries()) {
    if (name !== 'plimsoll')
      note('plimsoll', `bulk JSON / that of ${name}`, seconds / (jsons.get(name)?.[round] ?? Number.NaN));
  }
}
for (const [what, values] of figures) console.log(`${what.padEnd(55)} ${median(values).toPrecision(3)}`);

/** On this process's core, as everything that it starts. */
function noteRealClients({ port }: RunningContestant): void {
  const python = work.peerPython('tritonclient');
  for (const client of REAL_CLIENTS) {
    const { json, binary } = JSON.parse(execFileSync(python, [REAL_CLIENT, `${port}`, client], { encoding: 'utf8' }));
    note(client, 'bulk JSON, s', json);
    note(client, 'bulk binary, s', binary);
    note(client, 'bulk binary / bulk JSON', binary / json);
  }
}

/** What each way of sending the rows takes where nothing is done with them. */
async function noteFloors(server: RunningContestant): Promise<void> {
  const ways: readonly [what: string, question: Buffer, client: (floor: Address) => Promise<void>][] = [
    ['bulk JSON, s', bulk, (floor) => inBulk(floor, bulk)],
    ['bulk binary, s', binary, (floor) => inBulk(floor, binary)],
    ['single rows, s', single, singleRows],
    ['single rows pipelined, s', single, ({ port }) => pipeline(port, single, ROWS)],
  ];
  for (const [what, question, client] of ways) {
    const floor = await startFloor(question, { work, port: server.port });
    for (let time = 0; time < WARM_ROUNDS; time++) await clients(() => client(floor));
    note('floor', what, await medianSeconds(() => client(floor)));
    await floor.stop();
  }
}

/** Until the compilers of those that have some are done. */
async function warm(server: RunningContestant): Promise<void> {
  for (let round = 0; round < WARM_ROUNDS; round++) await clients(() => inBulk(server, bulk));
  await singleRows(server);
}

/** All clients at once, several times. */
async function medianSeconds(client: () => Promise<void>): Promise<number> {
  const seconds: number[] = [];
  for (let time = 0; time < TIMES; time++) seconds.push((await clients(client)).seconds);
  return median(seconds);
}

async function clients(
  client: () => Promise<void>,
): Promise<{ readonly seconds: number; readonly lastToFirst: number }> {
  const begun = performance.now();
  const ends = await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      await client();
      return performance.now() - begun;
    }),
  );
  return { seconds: Math.max(...ends) / 1000, lastToFirst: Math.max(...ends) / Math.min(...ends) };
}

type Address = Pick<RunningContestant, 'port'>;

async function inBulk({ port }: Address, request: Buffer): Promise<void> {
  const connection = await RawConnection.open(port);
  const { status, body } = await connection.ask(request);
  if (status !== 200) throw new Error(body.toString());
  connection.close();
}

async function singleRows({ port }: Address): Promise<void> {
  let left = ROWS;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, async () => {
      const connection = await RawConnection.open(port);
      while (left-- > 0) if ((await connection.ask(single)).status !== 200) throw new Error('a row was not answered');
      connection.close();
    }),
  );
}

function watchSingles({ port }: RunningContestant): { readonly p99: () => Promise<number> } {
  let isOver = false;
  const times: number[] = [];
  const watching = (async () => {
    const connection = await RawConnection.open(port);
    while (!isOver) {
      times.push((await connection.ask(single)).milliseconds);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    connection.close();
  })();
  return {
    async p99() {
      isOver = true;
      await watching;
      return percentile(times, 0.99);
    },
  };
}

async function repeat(times: number, action: () => Promise<void>): Promise<void> {
  for (let index = 0; index < times; index++) await action();
}
