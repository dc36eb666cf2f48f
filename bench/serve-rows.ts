import { argument, median } from './figures.ts';
import { CONTESTANTS, type ContestantName, start } from './serve/contestants.ts';
import { type Load, load } from './serve/load.ts';
import { bestOf, LOOPS, type LoopName, type LoopRates, runLoop } from './serve/plain-loop.ts';
import { type ModelName, setUp } from './serve/setup.ts';

/**
 * Single rows as JSON over 16 connections: requests a second, and each contestant's ratio to the server of the same round; beside them what
 * the runtime gives without a server, in the best number of rows. Servers on the first processor, wrk on the second. Usage:
 * npx tsx bench/serve-rows.ts --model tiny|mlp|encoder|tokens [--rounds N] [--seconds N] [--connections N] [--only a,b] [--before FILE]
 * [--node FILE] [--work FOLDER]. Needs wrk, go, python3 and the network for the first time.
 */
const model = (argument('model') ?? 'tiny') as ModelName;
const rounds = Number(argument('rounds') ?? 3);
const seconds = Number(argument('seconds') ?? 3);
const connections = Number(argument('connections') ?? 16);
const asked = argument('only')?.split(',') ?? [
  ...LOOPS,
  ...Object.keys(CONTESTANTS).filter((name) => name !== 'before' || argument('before') !== undefined),
];
const loops = LOOPS.filter((name) => asked.includes(name));
const names = asked.filter((name) => !LOOPS.includes(name as LoopName)) as ContestantName[];

/** Until the compilers of those that have some are done, and runs have found their size. */
const WARM_SECONDS = 3;
const WARM_REQUESTS = 6000;

/** What is under way at the end is not counted: among so many it is no part of the figure. */
const COUNTED_REQUESTS = 3000;

/** A round of one contestant takes no longer than twice this. */
const MOST_SECONDS = 40;

const work = await setUp([model]);
const bodies = { plain: work.body(model, 1), nested: work.nestedBody(model, 1) };
const rates = new Map(loops.map((name) => [name, [] as LoopRates[]]));
const loads = new Map(names.map((name) => [name, [] as (Load & { readonly cpuMicroseconds: number })[]]));
for (let round = 0; round < rounds; round++) {
  for (const name of loops) rates.get(name)?.push(await runLoop(name, { work, model }));
  for (const name of names) {
    const server = await start(name, { work, model });
    const body = name === 'bentoml' ? bodies.nested : bodies.plain;
    const { perSecond } = await load(server.url, { body, connections, seconds: WARM_SECONDS });
    const further = secondsFor(WARM_REQUESTS, perSecond) - WARM_SECONDS;
    if (further > 0) await load(server.url, { body, connections, seconds: further });
    const counted = Math.max(seconds, secondsFor(COUNTED_REQUESTS, perSecond));
    const before = server.cpuMs();
    const found = await load(server.url, { body, connections, seconds: counted });
    const cpuMicroseconds = (1000 * (server.cpuMs() - before)) / (found.perSecond * counted);
    loads.get(name)?.push({ ...found, cpuMicroseconds });
    await server.stop();
  }
}
console.log(
  `${model}, one row a request, ${connections} connections, medians of ${rounds} rounds of at least ${seconds} s`,
);
const own = loads.get('plimsoll') ?? [];
/** By requests a second, and by the processor time of each where that is of one process. */
const ratiosTo = (found: readonly { readonly perSecond: number; readonly cpuMicroseconds: number }[]): string => {
  const rate = median(own.map(({ perSecond }, round) => perSecond / (found[round]?.perSecond ?? Number.NaN)));
  const cpu = median(
    own.map(({ cpuMicroseconds }, round) => (found[round]?.cpuMicroseconds ?? Number.NaN) / cpuMicroseconds),
  );
  return `plimsoll is ${rate.toFixed(2)} x, ${cpu.toFixed(2)} x by processor time`;
};
for (const name of loops) {
  const found = rates.get(name) ?? [];
  const best = found.map((row) => bestOf(row));
  // Clients that wait for their answers never have more rows under way than there are connections.
  const within = found.map((row) => bestOf(row, connections));
  const bySize = Object.keys(found[0] ?? {}).map(
    (rows) => `${rows}: ${median(found.map((row) => row[Number(rows)]?.perSecond ?? Number.NaN)).toFixed(0)}`,
  );
  console.log(
    `${name.padEnd(14)} ${median(best.map(({ perSecond }) => perSecond)).toFixed(0)} rows/s at best ` +
      `(${best.map(({ rows }) => rows).join(', ')} rows a run; ${bySize.join(', ')})  ${ratiosTo(best)}; of runs of at most ${connections} rows: ${ratiosTo(within)}`,
  );
}
for (const name of names) {
  const found = loads.get(name) ?? [];
  const pick = (key: 'perSecond' | 'p50Ms' | 'p99Ms' | 'cpuMicroseconds') => median(found.map((row) => row[key]));
  const errors = found.reduce((sum, row) => sum + row.errors, 0);
  console.log(
    `${name.padEnd(14)} ${pick('perSecond').toFixed(0).padStart(7)} requests/s  p50 ${pick('p50Ms').toFixed(2)} ms  ` +
      `p99 ${pick('p99Ms').toFixed(2)} ms  ${pick('cpuMicroseconds').toFixed(1)} us of processor each  ` +
      `${ratiosTo(found)}  errors ${errors}`,
  );
}

/** Whole seconds, as wrk takes them. */
function secondsFor(requests: number, perSecond: number): number {
  return Math.ceil(Math.min(MOST_SECONDS, requests / perSecond));
}
