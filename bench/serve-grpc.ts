import { argument, median } from './figures.ts';
import { type ContestantName, type RunningContestant, start } from './serve/contestants.ts';
import { askAtOnce, type GrpcLoad, loadGrpc } from './serve/grpc-load.ts';
import { setUp } from './serve/setup.ts';

/**
 * Single rows of the tiny model over gRPC and 16 connections, as typed contents, by h2load: calls a second and processor time for each; and by
 * ghz what becomes of 16 calls, and of 1,024, that never wait for each other. Servers on the first processor, the client on the second.
 * npx tsx bench/serve-grpc.ts [--rounds N] [--seconds N] [--only plimsoll,before,mlserver,pytriton] [--before FILE] [--node FILE] [--work FOLDER]
 * `before` is another server's main file, such as an older one's. Needs h2load (Debian: nghttp2-client) and Go.
 */
const rounds = Number(argument('rounds') ?? 3);
const seconds = Number(argument('seconds') ?? 3);
const names = (argument('only')?.split(',') ?? ['plimsoll', 'mlserver', 'pytriton']) as ContestantName[];
const CONNECTIONS = 16;
const CROWDS = [CONNECTIONS, 1024];

interface Result extends GrpcLoad {
  readonly cpuMicroseconds: number;
}

const work = await setUp(['tiny']);
const row = Array.from({ length: 13 }, (_, index) => Math.round(Math.sin(index) * 1e4) / 1e4);
const options = { row, connections: CONNECTIONS, seconds, folder: work.folder };

const found = new Map(names.map((name) => [name, [] as Result[]]));
const crowds = new Map<ContestantName, readonly string[]>();
for (let round = 0; round < rounds; round++) {
  for (const name of names) {
    const server = await start(name, { work, model: 'tiny' });
    await loadGrpc(server.grpcPort, { ...options, seconds: 1 });
    found.get(name)?.push(await measure(server));
    if (round === 0) crowds.set(name, await crowdsOf(server));
    await server.stop();
  }
}
console.log(`tiny over gRPC, one row a call, ${CONNECTIONS} connections, medians of ${rounds} rounds of ${seconds} s`);
const own = found.get('plimsoll') ?? [];
for (const name of names) {
  const loads = found.get(name) ?? [];
  const of = (figure: (load: Result, round: number) => number): number => median(loads.map(figure));
  const ratio = of(({ perSecond }, round) => (own[round]?.perSecond ?? Number.NaN) / perSecond);
  const cpuRatio = of(({ cpuMicroseconds }, round) => cpuMicroseconds / (own[round]?.cpuMicroseconds ?? Number.NaN));
  console.log(
    `${name.padEnd(9)} ${of(({ perSecond }) => perSecond).toFixed(0)} calls/s  p99 ${of(({ p99Ms }) => p99Ms).toFixed(1)} ms  ` +
      `${of(({ cpuMicroseconds }) => cpuMicroseconds).toFixed(0)} us a call  plimsoll is ${ratio.toFixed(2)} x, ` +
      `${cpuRatio.toFixed(2)} x by processor time; ${crowds.get(name)?.join('; ')}`,
  );
}

async function measure(server: RunningContestant): Promise<Result> {
  const before = server.cpuMs();
  const load = await loadGrpc(server.grpcPort, options);
  return { ...load, cpuMicroseconds: (1000 * (server.cpuMs() - before)) / (load.perSecond * seconds) };
}

async function crowdsOf(server: RunningContestant): Promise<readonly string[]> {
  const told: string[] = [];
  for (const concurrency of CROWDS) {
    const statuses = await askAtOnce(server.grpcPort, { ...options, client: work.grpcClient(), concurrency });
    told.push(`${concurrency} at once: ${JSON.stringify(statuses)}`);
  }
  return told;
}
