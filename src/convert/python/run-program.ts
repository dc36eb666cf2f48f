import { spawn } from 'node:child_process';
import { EXIT, Failure } from '../../nouns/failure.ts';

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly folder?: string;
  /** How much memory it may take with all that it has started, and by what that is told. */
  readonly memory?: { readonly bytes: number; readonly of: (pid: number) => number | null };
}

export interface Ran {
  /** `null` where a signal or the time limit ended it. */
  readonly exitCode: number | null;
  /** The last of what it wrote on standard output and error. */
  readonly output: string;
  /** Which limit ended it. */
  readonly limit: string | undefined;
}

/** What a person may want to read of a program that failed. */
const LOG_LENGTH = 64 * 1024;
const MEMORY_POLL_MS = 200;
/** What is in a pipe when a process ends is read in milliseconds. */
const LAST_WORDS_MS = 5_000;

/** Runs a program to its end, without a shell. It and all that it has started end with the time limit or the signal. */
export async function runProgram(program: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  const { env, timeoutMs, signal, folder, memory } = options;
  signal?.throwIfAborted();
  const child = spawn(program, [...args], {
    env,
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-LOG_LENGTH);
    });
  }
  let limit: string | undefined;
  const end = () => endGroup(child.pid);
  const endBy = (what: string) => {
    limit ??= what;
    end();
  };
  const timer = setTimeout(() => endBy(`it took longer than ${timeoutMs / 1000} s`), timeoutMs);
  const meter = memory && setInterval(() => measure(memory, child.pid, endBy), MEMORY_POLL_MS);
  signal?.addEventListener('abort', end, { once: true });
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.once('error', (cause) => reject(notStarted(program, cause)));
      child.once('close', resolve);
      // Children that it leaves behind would hold its pipes open; those that left the group keep them, and are not waited for.
      child.once('exit', (code) => {
        end();
        setTimeout(() => resolve(code), LAST_WORDS_MS).unref();
      });
    });
    signal?.throwIfAborted();
    return { exitCode, output, limit };
  } finally {
    clearTimeout(timer);
    clearInterval(meter);
    signal?.removeEventListener('abort', end);
    for (const stream of child.stdio) stream?.destroy();
  }
}

function measure(
  memory: NonNullable<RunOptions['memory']>,
  pid: number | undefined,
  endBy: (what: string) => void,
): void {
  const bytes = memory.of(pid ?? -1);
  if (bytes !== null && bytes > memory.bytes) endBy(tooMuchMemory(memory.bytes));
}

export function tooMuchMemory(bytes: number): string {
  return `it took more than ${(bytes / 2 ** 30).toFixed(1)} GiB of memory`;
}

/** A program that was started as the head of a group, and everything in that group. */
export function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function notStarted(program: string, cause: Error): Failure {
  return new Failure(`${program} cannot be started: ${cause.message}`, {
    code: 'convert/program',
    exit: EXIT.usage,
    mend: 'Check that it is there and may be run.',
    cause,
  });
}
