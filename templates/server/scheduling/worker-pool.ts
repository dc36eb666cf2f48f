import type { Worker } from 'node:worker_threads';
import { RequestError } from '../request-error.ts';
import type { OutputSelection, Tensors } from '../tensor.ts';
import type { Outcome, Runner } from './runner.ts';
import { readyForTransfer } from './transfer.ts';
import type { WorkerAnswer, WorkerAsk, WorkerReady } from './worker-messages.ts';

export interface WorkerPoolOptions {
  /** Threads. */
  readonly size: number;
  readonly spawn: () => Worker;
  /** A run can begin that could not before. */
  readonly onFree: () => void;
  /** A thread has ended that should not have; another is started after so many milliseconds. */
  readonly onCrash: (why: string, restartMs: number) => void;
  /** Shortest and longest time before a thread that has ended is started again. */
  readonly backOffMs?: readonly [least: number, most: number];
}

/** Long enough that a thread which ends at every start does not keep a processor busy, short enough not to be missed. */
const BACK_OFF_MS = [100, 10_000] as const;

interface Seat {
  worker: Worker | undefined;
  state: 'down' | 'starting' | 'idle' | 'busy';
  /** The run that the thread is at. */
  current: { readonly id: number; readonly done: (outcome: Outcome) => void } | undefined;
  /** Ends of the thread since it last finished a run. */
  crashes: number;
}

/**
 * Runs a heavy model on threads with sessions of their own, so that this one goes on answering. A thread that ends takes its
 * run with it, which fails; it is started again, later each time. Answers are told apart by the number of their run: what comes
 * from a run that has been given up reaches nobody.
 */
export class WorkerPool implements Runner {
  readonly #options: WorkerPoolOptions;
  readonly #seats: Seat[];
  #lastId = 0;
  #isClosed = false;
  #isStopping = false;
  /** Settles when the threads that were asked for have loaded the model. */
  #started: Promise<unknown> = Promise.resolve();

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#seats = Array.from({ length: options.size }, () => ({
      worker: undefined,
      state: 'down',
      current: undefined,
      crashes: 0,
    }));
  }

  get free(): number {
    let free = 0;
    for (const { state } of this.#seats) if (state === 'idle') free++;
    return free;
  }

  /** Threads that could run something, now or when they have finished. */
  get alive(): number {
    return this.#seats.filter(({ state }) => state === 'idle' || state === 'busy').length;
  }

  /** Starts the first thread, and the others one after another once it is ready: loading takes the most memory. */
  async start(): Promise<WorkerReady> {
    const [first, ...others] = this.#seats;
    const ready = await this.#spawn(first as Seat);
    this.#started = this.#startAll(others);
    return ready;
  }

  /** Starts no further threads; settles when none is loading the model. Runs go on, and are asked for as before. */
  async stopStarting(): Promise<void> {
    this.#isStopping = true;
    await this.#started;
  }

  run(inputs: Tensors, outputs: OutputSelection, done: (outcome: Outcome) => void): void {
    const seat = this.#seats.find(({ state }) => state === 'idle');
    if (seat?.worker === undefined) throw new Error('a run came when no thread was free');
    const id = ++this.#lastId;
    seat.state = 'busy';
    seat.current = { id, done };
    const ready = readyForTransfer(inputs);
    seat.worker.postMessage({ id, inputs: ready.tensors, outputs } satisfies WorkerAsk, ready.buffers);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#seats.map(({ worker }) => worker?.terminate()));
  }

  async #startAll(seats: readonly Seat[]): Promise<void> {
    // One that fails is started again by itself.
    for (const seat of seats) if (!this.#isStopping) await this.#spawn(seat).catch(() => {});
  }

  #spawn(seat: Seat): Promise<WorkerReady> {
    return new Promise((resolve, reject) => {
      let why = 'it ended without a word';
      const worker = this.#options.spawn();
      seat.worker = worker;
      seat.state = 'starting';
      worker.on('message', (answer: WorkerAnswer) => {
        if (answer.kind === 'ready') resolve(answer);
        this.#take(seat, answer);
      });
      worker.on('error', (error) => {
        why = error instanceof Error ? error.message : String(error);
      });
      worker.on('exit', () => {
        reject(new Error(why));
        this.#lose(seat, why);
      });
    });
  }

  #take(seat: Seat, answer: WorkerAnswer): void {
    if (answer.kind === 'ready') {
      seat.state = 'idle';
    } else {
      const { current } = seat;
      if (current?.id !== answer.id) return;
      seat.current = undefined;
      seat.state = 'idle';
      seat.crashes = 0;
      current.done(outcomeOf(answer));
    }
    this.#options.onFree();
  }

  #lose(seat: Seat, why: string): void {
    const { current } = seat;
    seat.worker = undefined;
    seat.state = 'down';
    seat.current = undefined;
    if (this.#isClosed) return;
    const [least, most] = this.#options.backOffMs ?? BACK_OFF_MS;
    const restartMs = Math.min(most, least * 2 ** seat.crashes++);
    this.#options.onCrash(why, restartMs);
    setTimeout(() => {
      if (!this.#isClosed && !this.#isStopping) this.#started = this.#spawn(seat).catch(() => {});
    }, restartMs);
    const error = new RequestError(503, 'the thread that ran the request has ended', { 'retry-after': '1' });
    current?.done({ ok: false, error });
  }
}

function outcomeOf(answer: Exclude<WorkerAnswer, WorkerReady>): Outcome {
  if (answer.kind === 'ran') return { ok: true, outputs: answer.outputs, milliseconds: answer.milliseconds };
  const { status, message } = answer;
  return { ok: false, error: status === null ? new Error(message) : new RequestError(status, message) };
}
