import { spawn } from 'node:child_process';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { type MemoryLimit, watchMemory } from './memory-meter.ts';

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  readonly folder?: string;
  readonly memory?: MemoryLimit;
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
  const stopWatching = watchMemory(child.pid, memory, endBy);
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
    stopWatching();
    signal?.removeEventListener('abort', end);
    for (const stream of child.stdio) stream?.destroy();
  }
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
