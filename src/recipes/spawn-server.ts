import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { parseReady, type RunningServer, type ServerExit } from './running-server.ts';

export interface SpawnOptions {
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Members file of a control group that it is to be in. */
  readonly group: string | undefined;
  readonly onLog: (line: string) => void;
  readonly whenEnded: () => Promise<void>;
}

/** Starts a server as a child process; its program loads `ENDS_WITH_US` first. */
export function spawnServer(command: readonly [string, ...string[]], options: SpawnOptions): RunningServer {
  const { cwd, env, group } = options;
  const [program, args] = commandFor(command, group);
  // In a group of its own, so that an interrupt reaches it once, through us, and it can drain.
  return watch(spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'], detached: true }), options);
}

/** A process that enters the group before it becomes Node is counted from its first page on. */
function commandFor([program, ...args]: readonly [string, ...string[]], group: string | undefined): [string, string[]] {
  if (group === undefined) return [program, args];
  return ['/bin/sh', ['-c', 'echo $$ > "$0" && exec "$@"', group, program, ...args]];
}

/** The other end of its standard input is ours: when we are killed, that end closes, and the server stops as at a signal. */
export const ENDS_WITH_US = `data:text/javascript,${encodeURIComponent(
  // Its threads are started with it too, and have no end of that input of their own.
  "import { isMainThread } from 'node:worker_threads'; if (isMainThread) process.stdin.on('end', () => process.kill(process.pid, 'SIGTERM')).resume().unref();",
)}`;

function watch(child: ChildProcess, { whenEnded, onLog }: Pick<SpawnOptions, 'whenEnded' | 'onLog'>): RunningServer {
  let port: number | undefined;
  const log = (line: string) => {
    port ??= parseReady(line)?.port;
    onLog(line);
  };
  const lines = [child.stdout, child.stderr].filter((stream) => stream !== null).map((stream) => tell(stream, log));
  // An interrupt that cannot be caught must not leave the server behind.
  const killWithUs = () => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const exited = (async (): Promise<ServerExit> => {
    const [code] = (await once(child, 'exit')) as [number | null];
    await Promise.all(lines);
    process.off('exit', killWithUs);
    await whenEnded();
    return { code, outOfMemory: false };
  })();
  exited.catch(() => {});
  return {
    port: () => port,
    exited,
    pid: () => child.pid,
    kill: async () => {
      child.kill('SIGKILL');
      return exited;
    },
    stop: async () => {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

async function tell(stream: Readable, onLog: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream })) onLog(line);
}
