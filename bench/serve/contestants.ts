import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { RUNTIME_ENVIRONMENT } from '../../src/validate/runtime/session-options.ts';
import { argument } from '../figures.ts';
import type { BenchWork, ModelName } from './setup.ts';

const PEERS = fileURLToPath(new URL('../peers/', import.meta.url));

/** The Node that runs the servers: `--node FILE` for the one of the image, else the one that runs this. */
export const NODE = argument('node') ?? process.execPath;

/** Servers run on the first processor, clients on the second. */
export const SERVER_CORE = '0';

/** Requests that share a run in peers that are given a number of them, and wait 5 ms for each other. */
const PEER_BATCH = 32;

interface Start {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

type Contestant = (work: BenchWork, model: ModelName, port: number) => Start;

export const CONTESTANTS = {
  plimsoll: (work, model, port) => plimsoll(work.server(model), port),
  // Another one, laid out as this one is: `--before FILE`.
  before: (_work, _model, port) => plimsoll(argument('before') ?? '', port),
  go: (work, model, port) => ({
    command: [work.goServer, work.modelFile(model), work.library, `127.0.0.1:${port}`],
    env: { GOMAXPROCS: '1' },
  }),
  'plain-node': (work, model, port) => ({
    command: [NODE, join(PEERS, 'plain-node.mjs'), work.modelFile(model), `${port}`, dirname(work.server(model))],
  }),
  'bare-node': (_work, _model, port) => ({ command: [NODE, join(PEERS, 'bare-node.mjs'), `${port}`] }),
  fastapi: (work, model, port) => ({
    command: [
      work.python,
      ...['-m', 'uvicorn', 'fastapi_app:app', '--port', `${port}`, '--log-level', 'error', '--no-access-log'],
    ],
    cwd: PEERS,
    env: { MODEL: work.modelFile(model), PYTHONDONTWRITEBYTECODE: '1' },
  }),
  mlserver: (work, model, port) => mlserver(work, { model, port, requests: 1 }),
  'mlserver-batch': (work, model, port) => mlserver(work, { model, port, requests: PEER_BATCH }),
  litserve: (work, model, port) => litserve(work, { model, port, requests: 1 }),
  'litserve-batch': (work, model, port) => litserve(work, { model, port, requests: PEER_BATCH }),
  bentoml: (work, model, port) => ({
    command: [
      join(dirname(work.peerPython('bentoml')), 'bentoml'),
      ...['serve', 'bentoml_app:Model', '--host', '127.0.0.1', '--port', `${port}`],
    ],
    cwd: PEERS,
    env: {
      MODEL: work.modelFile(model),
      ROWS: mostRows(model),
      BENTOML_HOME: join(work.folder, 'bentoml'),
      BENTOML_DO_NOT_TRACK: 'True',
      PYTHONDONTWRITEBYTECODE: '1',
    },
  }),
  pytriton: (work, model, port) => ({
    command: [work.peerPython('pytriton'), join(PEERS, 'pytriton_app.py')],
    env: { MODEL: work.modelFile(model), PORT: `${port}`, ROWS: mostRows(model) },
  }),
} as const satisfies Readonly<Record<string, Contestant>>;

interface Batching {
  readonly model: ModelName;
  readonly port: number;
  /** Most that share a run; these two do not count rows. */
  readonly requests: number;
}

/** Without worker processes, with which it is slower. */
function mlserver(work: BenchWork, { model, port, requests }: Batching): Start {
  return {
    command: [join(dirname(work.peerPython('mlserver')), 'mlserver'), 'start', mlserverFolder(work, model, requests)],
    env: {
      MODEL: work.modelFile(model),
      PYTHONPATH: PEERS,
      PYTHONDONTWRITEBYTECODE: '1',
      MLSERVER_PARALLEL_WORKERS: '0',
      MLSERVER_HOST: '127.0.0.1',
      MLSERVER_HTTP_PORT: `${port}`,
      MLSERVER_GRPC_PORT: `${port + 1}`,
      MLSERVER_METRICS_PORT: `${port + 1000}`,
      MLSERVER_METRICS_DIR: work.folder,
    },
  };
}

function litserve(work: BenchWork, { model, port, requests }: Batching): Start {
  return {
    command: [work.peerPython('litserve'), join(PEERS, 'litserve_app.py')],
    env: {
      MODEL: work.modelFile(model),
      PORT: `${port}`,
      REQUESTS: `${requests}`,
      PYTHONDONTWRITEBYTECODE: '1',
    },
  };
}

/** Rows of the largest run, for those peers that count them: as many as this project's plan has. */
function mostRows(model: ModelName): string {
  return model === 'tiny' ? '8192' : '32';
}

function plimsoll(mainFile: string, port: number): Start {
  return {
    command: [NODE, mainFile],
    cwd: dirname(mainFile),
    env: {
      ...RUNTIME_ENVIRONMENT,
      PLIMSOLL_HTTP_PORT: `${port}`,
      PLIMSOLL_HOST: '127.0.0.1',
      PLIMSOLL_GRPC_PORT: `${port + 1}`,
    },
  };
}

/** A folder with MLServer's settings for a model. */
function mlserverFolder(work: BenchWork, model: ModelName, requests: number): string {
  const folder = join(work.folder, 'mlserver', `${model}-${requests}`);
  mkdirSync(folder, { recursive: true });
  const batching = requests > 1 ? { max_batch_size: requests, max_batch_time: 0.005 } : {};
  const settings = { name: 'model', implementation: 'mlserver_model.Model', ...batching };
  writeFileSync(join(folder, 'model-settings.json'), JSON.stringify(settings));
  writeFileSync(join(folder, 'settings.json'), JSON.stringify({ debug: false, access_log: false }));
  return folder;
}

export type ContestantName = keyof typeof CONTESTANTS;

export interface RunningContestant {
  readonly process: ChildProcess;
  readonly url: string;
  readonly port: number;
  /** Of those that have gRPC. */
  readonly grpcPort: number;
  readonly readyMs: number;
  /** Processor time so far, of the process and of those that it has started. */
  cpuMs(): number;
  stop(): Promise<void>;
}

/** Where they tell that the model can be asked, if it is not where they tell of the server. */
const READY_PATHS: Readonly<Partial<Record<ContestantName, string>>> = {
  pytriton: '/v2/models/model/ready',
  bentoml: '/readyz',
};

/** Other runs of a bench have other ones. */
let nextPort = 20_000 + 2 * (process.pid % 4000);

/** Starts a server pinned to its core and waits until it answers; `within` puts a control group around it. */
export async function start(
  name: ContestantName,
  {
    work,
    model,
    within = [],
  }: { readonly work: BenchWork; readonly model: ModelName; readonly within?: readonly string[] },
): Promise<RunningContestant> {
  nextPort += 2;
  const port = nextPort;
  const { command, env = {}, cwd = work.folder } = CONTESTANTS[name](work, model, port) as Start;
  const begun = performance.now();
  const child = spawn('taskset', ['-c', SERVER_CORE, ...within, ...command], {
    cwd,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
    detached: true,
  });
  const url = `http://127.0.0.1:${port}/v2/models/model/infer`;
  const exited = once(child, 'exit');
  // With the processes of its own that it may have, which a killed parent leaves behind.
  const kill = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // All of them have ended.
    }
  };
  process.once('exit', kill);
  child.once('exit', () => {
    process.off('exit', kill);
    kill();
  });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode}`);
    const readyPath = READY_PATHS[name] ?? '/v2/health/ready';
    const ready = await fetch(`http://127.0.0.1:${port}${readyPath}`, { signal: AbortSignal.timeout(1000) }).then(
      async (reply) => (await reply.text()) !== undefined && reply.status === 200,
      () => false,
    );
    if (ready) break;
    await sleep(5);
  }
  return {
    process: child,
    url,
    port,
    grpcPort: port + 1,
    readyMs: performance.now() - begun,
    cpuMs: () => cpuMs(child.pid ?? 0),
    async stop() {
      kill();
      await exited;
    },
  };
}

/** Of all processes of a group, those that have ended and were waited for included; ticks of 10 ms, user and system, after the name in brackets. */
function cpuMs(group: number): number {
  let ticks = 0;
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const [, , leader, ...fields] = statOf(entry);
    if (Number(leader) === group) ticks += [8, 9, 10, 11].reduce((sum, place) => sum + Number(fields[place]), 0);
  }
  return 10 * ticks;
}

/** Fields after the name; none of a process that has ended meanwhile. */
function statOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
  } catch {
    return [];
  }
}
