import { spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import * as z from 'zod';
import { confinement } from './python/confinement.ts';
import { type MemoryLimit, watchMemory } from './python/memory-meter.ts';
import { endGroup } from './python/run-program.ts';

/** What an exporter is asked. Paths are absolute. */
export interface ExporterRequest {
  readonly from: string;
  /** The framework's file or folder; empty where `module` says what to call. */
  readonly artefact: string;
  readonly module?: string;
  readonly function?: string;
  /** Where modules of the user are imported from. */
  readonly folder: string;
  /** Takes `model.onnx` and `cases/`. */
  readonly output: string;
  readonly name: string;
  readonly opset: number;
  readonly mlOpset: number;
  readonly samples: string | null;
  readonly allowCode: boolean;
  /** Which of the exporter's ways to go, counted from 0, the best first. */
  readonly attempt: number;
}

export const ExporterResult = z.object({
  framework: z.object({ name: z.string(), version: z.string() }),
  /** As they stand in the file: what was asked for is not always what comes. */
  opsets: z.record(z.string(), z.number().int()),
  samples: z.enum(['given', 'made']),
  /** What rounding 64-bit inputs to 32 bits changes in the original's own answers. */
  float32Cost: z.object({ largest: z.number(), flips: z.number().int() }).nullable(),
});
export type ExporterResult = z.infer<typeof ExporterResult>;

/** A way to convert: what fails once it is taken may go well by another. */
const Route = z.object({ name: z.string(), isLast: z.boolean() });
export type Route = z.infer<typeof Route>;

const Answer = z.discriminatedUnion('event', [
  z.object({ event: z.literal('route'), ...Route.shape }),
  z.object({ event: z.literal('progress'), message: z.string() }),
  z.object({ event: z.literal('warning'), message: z.string() }),
  z.object({ event: z.literal('result'), ...ExporterResult.shape }),
  z.object({ event: z.literal('refused'), code: z.string(), message: z.string(), mend: z.string() }),
  z.object({ event: z.literal('failed'), kind: z.string(), message: z.string(), trace: z.string() }),
]);

/** How a conversion can end. Only `done` leaves files that count. */
export type ExporterOutcome =
  | { readonly outcome: 'done'; readonly result: ExporterResult; readonly warnings: readonly string[] }
  | { readonly outcome: 'refused'; readonly code: string; readonly message: string; readonly mend: string }
  | { readonly outcome: 'failed'; readonly kind: string; readonly message: string; readonly trace: string }
  /** `isLimit` where it took more time or memory than it may, which another way would too. */
  | { readonly outcome: 'ended'; readonly how: string; readonly isLimit: boolean };

export interface ExporterOptions {
  readonly python: string;
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly memory: MemoryLimit;
  readonly onProgress: (message: string) => void;
  readonly signal: AbortSignal | undefined;
}

/** Kept of what the framework writes: for a person who wants to see it all. */
const LOG_LENGTH = 256 * 1024;
/** An exporter cuts its traces well below. */
const LONGEST_ANSWER = 2 ** 20;
/** What is in a pipe when a process ends is read in milliseconds. */
const LAST_WORDS_MS = 5_000;
/** More warnings say no more. */
const MOST_WARNINGS = 20;

export interface Exported {
  readonly outcome: ExporterOutcome;
  /** `undefined` where it ended before it took one. */
  readonly route: Route | undefined;
  readonly log: string;
}

/** Runs an exporter in a process of its own: no shell, no network where the system can take it away, limits on time and memory. */
export async function runExporter(request: ExporterRequest, options: ExporterOptions): Promise<Exported> {
  options.signal?.throwIfAborted();
  const [command = '', ...args] = [...confinement({ network: false }), options.python, '-E', '-s', options.program];
  const child = spawn(command, args, {
    env: exporterEnvironment(options.env),
    cwd: request.folder,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    (stream as Readable).setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-LOG_LENGTH);
    });
  }
  let ending: string | undefined;
  const end = (how: string): void => {
    ending ??= how;
    endGroup(child.pid);
  };
  const timer = setTimeout(() => end(`it took longer than ${options.timeoutMs / 1000} s`), options.timeoutMs);
  const stopWatching = watchMemory(child.pid, options.memory, end);
  const abort = () => end('it was interrupted');
  options.signal?.addEventListener('abort', abort, { once: true });
  const closed = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => {
      // What it leaves behind would hold its pipes open, and this side waiting.
      endGroup(child.pid);
      resolve(signal === null ? `exit code ${code}` : `signal ${signal}`);
    });
  });
  try {
    (child.stdin as Writable).on('error', () => {}).end(JSON.stringify(request));
    const answers = readAnswers(child.stdio[3] as Readable, options.onProgress);
    const how = await closed;
    const { last, route } = await settled(answers, child.stdio[3] as Readable);
    options.signal?.throwIfAborted();
    return { outcome: last ?? { outcome: 'ended', how: ending ?? how, isLimit: ending !== undefined }, route, log };
  } finally {
    clearTimeout(timer);
    stopWatching();
    options.signal?.removeEventListener('abort', abort);
    endGroup(child.pid);
    for (const stream of child.stdio) stream?.destroy();
  }
}

interface Answers {
  last?: ExporterOutcome;
  route?: Route;
}

async function readAnswers(stream: Readable, onProgress: (message: string) => void): Promise<Answers> {
  const warnings: string[] = [];
  const answers: Answers = {};
  for await (const line of linesOf(stream)) {
    const answer = Answer.safeParse(parsed(line)).data;
    if (answer?.event === 'progress') onProgress(answer.message);
    else if (answer?.event === 'route') answers.route = Route.parse(answer);
    else if (answer?.event === 'warning' && warnings.length < MOST_WARNINGS) warnings.push(answer.message);
    else if (answer?.event === 'result') {
      answers.last = { outcome: 'done', result: ExporterResult.parse(answer), warnings };
    } else if (answer?.event === 'refused' || answer?.event === 'failed') {
      const { event, ...facts } = answer;
      answers.last = { outcome: event, ...facts } as ExporterOutcome;
    }
  }
  return answers;
}

/** Lines of a stream, none longer than any answer is; what is longer is no answer. */
async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = (lines.pop() ?? '').slice(-LONGEST_ANSWER);
    yield* lines;
  }
  if (rest !== '') yield rest;
}

/** A process that left the group keeps the pipe open though nobody writes: what came until then counts. */
async function settled(answers: Promise<Answers>, stream: Readable): Promise<Answers> {
  const timer = setTimeout(() => stream.push(null), LAST_WORDS_MS);
  try {
    return await answers;
  } finally {
    clearTimeout(timer);
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Nothing of the user's Python, no installer, and addresses that lead nowhere for what does not heed the namespace. */
function exporterEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const nowhere = 'http://127.0.0.1:9';
  return {
    ...env,
    PLIMSOLL_ANSWERS: '3',
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONHASHSEED: '0',
    PYTHONIOENCODING: 'utf-8',
    PIP_NO_INDEX: '1',
    HF_HUB_OFFLINE: '1',
    HTTP_PROXY: nowhere,
    HTTPS_PROXY: nowhere,
    http_proxy: nowhere,
    https_proxy: nowhere,
  };
}
