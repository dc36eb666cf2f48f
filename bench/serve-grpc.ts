import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { INFERENCE_PROTO } from '../templates/server/grpc/inference-proto.ts';
import { argument, median } from './figures.ts';
import { type ContestantName, type RunningContestant, start } from './serve/contestants.ts';
import { setUp } from './serve/setup.ts';

/**
 * Single rows of the tiny model over gRPC and 16 connections, as typed contents, by ghz: calls a second, and what becomes of 1,024 calls
 * at once that never wait for each other. Servers on the first processor, the client on the second.
 * npx tsx bench/serve-grpc.ts [--rounds N] [--seconds N] [--only plimsoll,mlserver,pytriton] [--node FILE] [--work FOLDER]
 */
const rounds = Number(argument('rounds') ?? 3);
const seconds = Number(argument('seconds') ?? 3);
const names = (argument('only')?.split(',') ?? ['plimsoll', 'mlserver', 'pytriton']) as ContestantName[];
const CONNECTIONS = 16;
const MANY_CALLS = 1024;

interface GrpcLoad {
  readonly perSecond: number;
  readonly p99Ms: number;
  /** Calls by their status. */
  readonly statuses: Readonly<Record<string, number>>;
}

const work = await setUp(['tiny']);
const proto = join(work.folder, 'inference.proto');
writeFileSync(proto, INFERENCE_PROTO);
const data = JSON.stringify({
  model_name: 'model',
  inputs: [
    {
      name: 'x',
      datatype: 'FP32',
      shape: [1, 13],
      contents: { fp32_contents: Array.from({ length: 13 }, (_, index) => Math.round(Math.sin(index) * 1e4) / 1e4) },
    },
  ],
});

const found = new Map(names.map((name) => [name, [] as GrpcLoad[]]));
const crowds = new Map<ContestantName, Readonly<Record<string, number>>>();
for (let round = 0; round < rounds; round++) {
  for (const name of names) {
    const server = await start(name, { work, model: 'tiny' });
    await call(server, CONNECTIONS);
    found.get(name)?.push(await call(server, CONNECTIONS));
    if (round === 0) crowds.set(name, (await call(server, MANY_CALLS)).statuses);
    await server.stop();
  }
}
console.log(`tiny over gRPC, one row a call, ${CONNECTIONS} connections, medians of ${rounds} rounds of ${seconds} s`);
const own = found.get('plimsoll') ?? [];
for (const name of names) {
  const loads = found.get(name) ?? [];
  const ratio = median(own.map(({ perSecond }, round) => perSecond / (loads[round]?.perSecond ?? Number.NaN)));
  console.log(
    `${name.padEnd(9)} ${median(loads.map(({ perSecond }) => perSecond)).toFixed(0)} calls/s  p99 ${median(loads.map(({ p99Ms }) => p99Ms)).toFixed(1)} ms  ` +
      `plimsoll is ${ratio.toFixed(2)} x  ${JSON.stringify(loads[0]?.statuses)}; ${MANY_CALLS} at once: ${JSON.stringify(crowds.get(name))}`,
  );
}

async function call({ grpcPort }: RunningContestant, concurrency: number): Promise<GrpcLoad> {
  const args = [
    ...[
      '-c',
      '1',
      work.grpcClient(),
      '--insecure',
      '--proto',
      proto,
      '--call',
      'inference.GRPCInferenceService.ModelInfer',
    ],
    ...['--data', data, '--connections', `${CONNECTIONS}`, '--concurrency', `${concurrency}`, '--cpus', '1'],
    // Calls that are under way at the end are waited for, and not counted as lost.
    ...['--duration', `${seconds}s`, '--duration-stop', 'wait', '--format', 'json', `127.0.0.1:${grpcPort}`],
  ];
  const { stdout } = await promisify(execFile)('taskset', args, { maxBuffer: 2 ** 30 });
  const { rps, latencyDistribution, statusCodeDistribution } = JSON.parse(stdout);
  const p99 = latencyDistribution?.find(({ percentage }: { percentage: number }) => percentage === 99)?.latency ?? 0;
  return { perSecond: rps, p99Ms: p99 / 1e6, statuses: statusCodeDistribution };
}
