import type { ChildProcess } from 'node:child_process';
import { type ProcessAhead, type ProcessOptions, startChildProcess, tellRuntime } from './child-process.ts';
import { processMemoryBytes } from './process-memory.ts';
import type { Reply, Request, Verb, Verbs } from './requests.ts';

/** Why the child is no more, or what it said: everything that can come of a request, none of it an exception. */
export type Outcome<T> =
  | { readonly outcome: 'ok'; readonly value: T }
  /** The runtime said no; `message` is its own. */
  | { readonly outcome: 'refused'; readonly message: string }
  | { readonly outcome: 'crashed'; readonly how: string }
  | { readonly outcome: 'timeout'; readonly limitMs: number }
  | { readonly outcome: 'memory'; readonly bytes: number; readonly limitBytes: number };

export type Ending = Exclude<Outcome<never>, { readonly outcome: 'ok' | 'refused' }>;

export interface ChildLimits {
  /** For each request; the first one also pays for the start of the process. */
  readonly timeoutMs: number;
  /** Unreclaimable memory of the child, looked at every 50 ms: a burst can pass it by what a machine fills in that time. */
  readonly memoryBytes: number;
}

export interface ChildOptions extends ProcessOptions {
  /** Its `node_modules` holds onnxruntime-node and onnxruntime-common. */
  readonly runtimeFolder: string;
  readonly limits: ChildLimits;
  /** A process that was started already, for those that start one with the usual environment. */
  readonly ahead?: ProcessAhead;
  readonly signal?: AbortSignal;
}

/** A process with the runtime in it, asked one thing at a time. Once it has ended, every answer says how it ended. */
export interface RuntimeChild {
  ask<V extends Verb>(verb: V, ask: Verbs[V]['ask']): Promise<Outcome<Verbs[V]['value']>>;
  /** The last of what the runtime wrote on its standard output and error. */
  log(): string;
}

const MEMORY_POLL_MS = 50;
/** Enough for the messages before a crash; a model cannot make us keep more. */
const LOG_LIMIT = 64 * 1024;

/** Runs `use` with a child process that has the runtime in it, and ends that process whatever happens. */
export async function withRuntimeChild<T>(options: ChildOptions, use: (child: RuntimeChild) => Promise<T>): Promise<T> {
  options.signal?.throwIfAborted();
  const child = openRuntimeChild(options);
  try {
    const result = await use(child);
    options.signal?.throwIfAborted();
    return result;
  } finally {
    await child.close();
  }
}

/** A child process that whoever opens it closes. */
export function openRuntimeChild(options: ChildOptions): RuntimeChild & { readonly close: () => Promise<void> } {
  return new Conversation(options);
}

class Conversation implements RuntimeChild {
  readonly #process: ChildProcess;
  readonly #limits: ChildLimits;
  readonly #closed: Promise<void>;
  readonly #kill = () => this.#process.kill('SIGKILL');
  readonly #signal: AbortSignal | undefined;
  #log = '';
  #ending: Ending | undefined;
  #answer: ((outcome: Outcome<unknown>) => void) | undefined;

  constructor({ runtimeFolder, limits, ahead, signal, ...program }: ChildOptions) {
    this.#limits = limits;
    this.#signal = signal;
    const taken = ahead?.take(runtimeFolder);
    this.#process = taken ?? startChildProcess(program);
    this.#closed = new Promise((resolve) => {
      this.#process.once('close', (code, by) => {
        this.#ending ??= { outcome: 'crashed', how: by === null ? `exit code ${code}` : `signal ${by}` };
        this.#settle(this.#ending);
        resolve();
      });
    });
    this.#process.on('error', (error) => {
      this.#ending ??= { outcome: 'crashed', how: error.message };
      this.#settle(this.#ending);
    });
    this.#process.on('message', (reply: Reply) => {
      this.#settle(reply.ok ? { outcome: 'ok', value: reply.value } : { outcome: 'refused', message: reply.message });
    });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log = (this.#log + text).slice(-LOG_LIMIT);
      });
    }
    process.once('exit', this.#kill);
    signal?.addEventListener('abort', this.#kill, { once: true });
    if (taken === undefined) tellRuntime(this.#process, runtimeFolder);
  }

  ask<V extends Verb>(verb: V, ask: Verbs[V]['ask']): Promise<Outcome<Verbs[V]['value']>> {
    if (this.#answer !== undefined) throw new Error('a child is asked one thing at a time');
    if (this.#ending !== undefined) return Promise.resolve(this.#ending);
    const { timeoutMs, memoryBytes } = this.#limits;
    const timer = setTimeout(() => this.#end({ outcome: 'timeout', limitMs: timeoutMs }), timeoutMs);
    const meter = setInterval(() => {
      const bytes = processMemoryBytes(this.#process.pid ?? -1, process.platform);
      if (bytes !== null && bytes > memoryBytes) this.#end({ outcome: 'memory', bytes, limitBytes: memoryBytes });
    }, MEMORY_POLL_MS);
    return new Promise((resolve) => {
      this.#answer = (outcome) => {
        clearTimeout(timer);
        clearInterval(meter);
        this.#answer = undefined;
        resolve(outcome as Outcome<Verbs[V]['value']>);
      };
      this.#send({ verb, ...ask } as Request);
    });
  }

  log(): string {
    return this.#log;
  }

  async close(): Promise<void> {
    if (this.#process.pid !== undefined) {
      this.#kill();
      await this.#closed;
    }
    process.off('exit', this.#kill);
    this.#signal?.removeEventListener('abort', this.#kill);
  }

  #send(message: Request): void {
    // A child that is gone tells so by its `close` event.
    this.#process.send(message, () => {});
  }

  #settle(outcome: Outcome<unknown>): void {
    this.#answer?.(outcome);
  }

  /** The answer comes with the `close` event, when nothing of the child is left. */
  #end(ending: Ending): void {
    this.#ending ??= ending;
    this.#kill();
  }
}
