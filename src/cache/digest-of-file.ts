import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import type { Digest } from '../nouns/digest.ts';
import { type ExitCode, Failure } from '../nouns/failure.ts';
import type { GatheredFile } from '../nouns/gathered-file.ts';
import type { Hashed } from './digest-worker.ts';
import { hashFile } from './hash-file.ts';
import { startThread } from './start-thread.ts';

/** Some fifty milliseconds of hashing, twice what a thread takes to start. */
const WORTH_A_THREAD_BYTES = 64 * 2 ** 20;

/** SHA-256 of a file. A large one is hashed in a thread, while this one goes on. */
export async function digestOfFile(file: string | GatheredFile): Promise<Digest> {
  const bytes = typeof file === 'string' ? (await stat(file)).size : file.bytes;
  return bytes < WORTH_A_THREAD_BYTES ? hashFile(file) : inThread(file);
}

interface Task {
  readonly file: string | GatheredFile;
  readonly settle: (hashed: Hashed | Error) => void;
}

/** The thread that asks has work of its own, and each one more takes some megabytes. */
const MOST_THREADS = Math.max(1, availableParallelism() - 1);

const idle: Worker[] = [];
const running = new Map<Worker, Task | undefined>();
const waiting: Task[] = [];

async function inThread(file: string | GatheredFile): Promise<Digest> {
  const hashed = await new Promise<Hashed | Error>((settle) => {
    waiting.push({ file, settle });
    next();
  });
  // Where the system gives no thread, this one has to do.
  if (hashed instanceof Error) return hashFile(file);
  if ('digest' in hashed) return hashed.digest;
  if ('error' in hashed) throw Object.assign(new Error(hashed.error.message), { code: hashed.error.code });
  const { message, exit, ...facts } = hashed.failure;
  throw new Failure(message, { ...facts, exit: exit as ExitCode });
}

/** Threads stay for the next file, and keep the process from ending only while they work. */
function next(): void {
  if (waiting.length === 0) return;
  const worker = idle.pop() ?? (running.size < MOST_THREADS ? start() : undefined);
  if (worker === undefined) return;
  const task = waiting.shift() as Task;
  running.set(worker, task);
  worker.ref();
  worker.postMessage(task.file);
}

function start(): Worker {
  const worker = startThread('cache/digest-worker', '');
  const settle = (hashed: Hashed | Error): void => {
    const task = running.get(worker);
    running.set(worker, undefined);
    task?.settle(hashed);
  };
  const lose = (error: Error): void => {
    settle(error);
    running.delete(worker);
    next();
  };
  worker.on('message', (hashed: Hashed) => {
    settle(hashed);
    worker.unref();
    idle.push(worker);
    next();
  });
  worker.on('error', lose);
  worker.on('exit', () => {
    const place = idle.indexOf(worker);
    if (place >= 0) idle.splice(place, 1);
    lose(new Error('the hashing thread ended before its file was done'));
  });
  return worker;
}
