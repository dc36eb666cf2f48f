import { argument, median } from './figures.ts';
import { CONTESTANTS, type ContestantName, start } from './serve/contestants.ts';
import { type Load, load } from './serve/load.ts';
import { type ModelName, setUp } from './serve/setup.ts';

/**
 * Single rows as JSON over 16 connections: requests a second, and each contestant's ratio to the server of the same round. Servers
 * on the first processor, wrk on the second. Usage: npx tsx bench/serve-rows.ts --model tiny|mlp|encoder [--rounds N] [--seconds N]
 * [--only a,b] [--node FILE] [--work FOLDER]. Needs wrk, go, python3 and the network for the first time.
 */
const model = (argument('model') ?? 'tiny') as ModelName;
const rounds = Number(argument('rounds') ?? 3);
const seconds = Number(argument('seconds') ?? 3);
const connections = Number(argument('connections') ?? 16);
const names = (argument('only')?.split(',') ?? Object.keys(CONTESTANTS)) as ContestantName[];

const WARM_SECONDS = 3;

const work = await setUp([model]);
const body = work.body(model, 1);
const loads = new Map(names.map((name) => [name, [] as (Load & { readonly cpuMicroseconds: number })[]]));
for (let round = 0; round < rounds; round++) {
  for (const name of names) {
    const server = await start(name, { work, model });
    // Until the compilers of those that have some are done.
    await load(server.url, { body, connections, seconds: WARM_SECONDS });
    const before = server.cpuMs();
    const found = await load(server.url, { body, connections, seconds });
    const cpuMicroseconds = (1000 * (server.cpuMs() - before)) / (found.perSecond * seconds);
    loads.get(name)?.push({ ...found, cpuMicroseconds });
    await server.stop();
  }
}
console.log(`${model}, one row a request, ${connections} connections, medians of ${rounds} rounds of ${seconds} s`);
const own = loads.get('plimsoll') ?? [];
for (const name of names) {
  const found = loads.get(name) ?? [];
  const pick = (key: 'perSecond' | 'p50Ms' | 'p99Ms' | 'cpuMicroseconds') => median(found.map((row) => row[key]));
  const ratio = median(own.map((row, round) => row.perSecond / (found[round]?.perSecond ?? Number.NaN)));
  const errors = found.reduce((sum, row) => sum + row.errors, 0);
  console.log(
    `${name.padEnd(11)} ${pick('perSecond').toFixed(0).padStart(7)} requests/s  p50 ${pick('p50Ms').toFixed(2)} ms  ` +
      `p99 ${pick('p99Ms').toFixed(2)} ms  ${pick('cpuMicroseconds').toFixed(1)} us of processor each  plimsoll is ${ratio.toFixed(2)} x  errors ${errors}`,
  );
}
