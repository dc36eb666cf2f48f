import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
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
}

export const ExporterResult = z.object({
  framework: z.object({ name: z.string(), version: z.string() }),
  /** By which ways it went. */
  route: z.string(),
  /** As they stand in the file: what was asked for is not always what comes. */
  opsets: z.record(z.string(), z.number().int()),
  samples: z.enum(['given', 'made']),
  /** What rounding 64-bit inputs to 32 bits changes in the original's own answers. */
  float32Cost: z.object({ largest: z.number(), flips: z.number().int() }).nullable(),
});
export type ExporterResult = z.infer<typeof ExporterResult>;

const Answer = z.discriminatedUnion('event', [
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
  | { readonly outcome: 'ended'; readonly how: string };

export interface ExporterOptions {
  readonly python: string;
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  /** Unreclaimable memory of a process, `null` where it cannot be told. */
  readonly memoryOf: (pid: number) => number | null;
  readonly onProgress: (message: string) => void;
  readonly signal: AbortSignal | undefined;
}

const MEMORY_POLL_MS = 200;
/** Kept of what the framework writes: for a person who wants to see it all. */
const LOG_LENGTH = 256 * 1024;
/** More warnings say no more. */
const MOST_WARNINGS = 20;

/** Runs an exporter in a process of its own: no shell, no network where the system can take it away, limits on time and memory. */
export async function runExporter(
  request: ExporterRequest,
  options: ExporterOptions,
): Promise<{ readonly outcome: ExporterOutcome; readonly log: string }> {
  options.signal?.throwIfAborted();
  const [command = '', ...args] = [...withoutNetwork(), options.python, '-E', '-s', options.program];
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
  const meter = setInterval(() => {
    const bytes = options.memoryOf(child.pid ?? -1);
    if (bytes !== null && bytes > options.memoryBytes) end(`it took more than ${options.memoryBytes} bytes of memory`);
  }, MEMORY_POLL_MS);
  const abort = () => end('it was interrupted');
  options.signal?.addEventListener('abort', abort, { once: true });
  const closed = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  try {
    (child.stdin as Writable).on('error', () => {}).end(JSON.stringify(request));
    const answers = readAnswers(child.stdio[3] as Readable, options.onProgress);
    const how = await closed;
    options.signal?.throwIfAborted();
    return { outcome: (await answers) ?? { outcome: 'ended', how: ending ?? how }, log };
  } finally {
    clearTimeout(timer);
    clearInterval(meter);
    options.signal?.removeEventListener('abort', abort);
    endGroup(child.pid);
  }
}

async function readAnswers(
  stream: Readable,
  onProgress: (message: string) => void,
): Promise<ExporterOutcome | undefined> {
  const warnings: string[] = [];
  let last: ExporterOutcome | undefined;
  for await (const line of createInterface({ input: stream })) {
    const answer = Answer.safeParse(parsed(line)).data;
    if (answer?.event === 'progress') onProgress(answer.message);
    else if (answer?.event === 'warning' && warnings.length < MOST_WARNINGS) warnings.push(answer.message);
    else if (answer?.event === 'result') last = { outcome: 'done', result: ExporterResult.parse(answer), warnings };
    else if (answer?.event === 'refused' || answer?.event === 'failed') {
      const { event, ...facts } = answer;
      last = { outcome: event, ...facts } as ExporterOutcome;
    }
  }
  return last;
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

let prefix: readonly string[] | undefined;

/** Linux can give a process a network of its own that leads nowhere; whether this one may is found out once. */
function withoutNetwork(): readonly string[] {
  const unshare = ['unshare', '--map-current-user', '--net', '--'];
  prefix ??=
    process.platform === 'linux' && spawnSync(unshare[0] ?? '', [...unshare.slice(1), 'true']).status === 0
      ? unshare
      : [];
  return prefix;
}
