import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { start } from './contestants.ts';
import type { BenchWork, ModelName } from './setup.ts';

const MIB = 2 ** 20;

/** A server under a memory limit, and what the kernel counts of it. */
export interface LimitedServer {
  readonly port: number;
  readonly grpcPort: number;
  readonly url: string;
  readonly usedMiB: () => number;
  readonly peakMiB: () => number;
  /** Processes that the kernel has killed for memory. */
  readonly kills: () => number;
  readonly isAlive: () => boolean;
  /** Ends it at once. */
  readonly stop: () => Promise<void>;
}

/** As a process in a memory control group of its own. Needs root and control groups of version 1 or 2. */
export async function startInGroup(
  { work, model }: { readonly work: BenchWork; readonly model: ModelName },
  limitBytes: number,
): Promise<LimitedServer> {
  const name = `plimsoll-bench-${process.pid}`;
  const folder = isFirstVersion() ? `/sys/fs/cgroup/memory/${name}` : `/sys/fs/cgroup/${name}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, isFirstVersion() ? 'memory.limit_in_bytes' : 'memory.max'), `${limitBytes}`);
  const within = ['sh', '-c', `echo $$ > ${folder}/cgroup.procs; exec "$@"`, 'sh'];
  const server = await start('plimsoll', { work, model, within });
  return {
    port: server.port,
    grpcPort: server.grpcPort,
    url: server.url,
    ...counts(folder),
    isAlive: () => server.process.exitCode === null,
    async stop() {
      await server.stop();
      rmdirSync(folder);
    },
  };
}

/** In the engine, from an image, on the server's processor, with a root that cannot be written to. */
export async function startImage(image: string, limitBytes: number): Promise<LimitedServer> {
  const port = 21_000 + 2 * (process.pid % 4000);
  const grpcPort = port + 1;
  const publish = ['--publish', `127.0.0.1:${port}:8080`, '--publish', `127.0.0.1:${grpcPort}:8081`];
  const id = docker(
    ...['run', '--detach', ...publish, '--memory', `${limitBytes}`, '--cpuset-cpus', '0'],
    ...['--read-only', '--cap-drop', 'ALL', image],
  );
  const stop = async (): Promise<void> => void docker('rm', '--force', id);
  process.once('exit', () => void stop().catch(() => {}));
  const isAlive = (): boolean => docker('inspect', '--format', '{{.State.Running}}', id) === 'true';
  while (!(await answers(`http://127.0.0.1:${port}/v2/health/ready`))) {
    if (!isAlive()) throw new Error(docker('logs', id));
    await sleep(20);
  }
  const folder = isFirstVersion()
    ? `/sys/fs/cgroup/memory/docker/${id}`
    : `/sys/fs/cgroup/system.slice/docker-${id}.scope`;
  return { port, grpcPort, url: `http://127.0.0.1:${port}/v2/models/model/infer`, ...counts(folder), isAlive, stop };
}

function isFirstVersion(): boolean {
  try {
    readFileSync('/sys/fs/cgroup/memory/memory.limit_in_bytes');
    return true;
  } catch {
    return false;
  }
}

function counts(folder: string): Pick<LimitedServer, 'usedMiB' | 'peakMiB' | 'kills'> {
  const isFirst = isFirstVersion();
  const read = (file: string): string => readFileSync(join(folder, file), 'utf8');
  const mebibytes = (text: string): number => Math.round(Number(text) / MIB);
  return {
    usedMiB: () => mebibytes(read(isFirst ? 'memory.usage_in_bytes' : 'memory.current')),
    peakMiB: () => mebibytes(read(isFirst ? 'memory.max_usage_in_bytes' : 'memory.peak')),
    kills: () => Number(/oom_kill (\d+)/.exec(read(isFirst ? 'memory.oom_control' : 'memory.events'))?.[1] ?? 0),
  };
}

/** The engine's proxy may take a connection before anybody listens behind it. */
async function answers(url: string): Promise<boolean> {
  const asked = fetch(url).then(
    async (reply) => (await reply.text()) !== undefined && reply.status === 200,
    () => false,
  );
  return Promise.race([asked, sleep(1000, false)]);
}

function docker(...parameters: string[]): string {
  return execFileSync('docker', parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}
