import { BodyBudget } from './body-budget.ts';
import type { Job, JobQueue } from './job.ts';
import { RequestError } from './request-error.ts';
import type { Tensors } from './tensor.ts';

export interface SchedulerOptions {
  /** Most jobs that wait. */
  readonly capacity: number;
  /** Most bytes of bodies that are coming in. */
  readonly bodiesBytes: number;
  /** Runs the model to its end. */
  readonly run: (job: Job) => Tensors;
}

/** How long jobs run one after another before connections get their turn: short beside a probe's patience, long beside a tiny run. */
const SLICE_MS = 5;

/**
 * Share of a slice's time that connections get after it. Each turn of Node's loop accepts one connection and reads what is
 * there once, so after a long run many turns are needed until the queue, its limit, probes and departures are up to date.
 */
const INTAKE_SHARE = 0.1;

/** Turns without anything new after which nothing more is waiting to be taken in. */
const QUIET_TURNS = 3;

/** Runs jobs in the order of arrival, at most one at a time, and gives way to connections in between. */
export class Scheduler implements JobQueue {
  readonly bodies: BodyBudget;
  readonly #options: SchedulerOptions;
  #waiting: Job[] = [];
  #scheduled = false;
  #quietTurns = 0;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.bodies = new BodyBudget(options.bodiesBytes);
  }

  assertRoom(): void {
    if (this.#waiting.length < this.#options.capacity) return;
    throw new RequestError(429, 'too many requests are waiting', { 'retry-after': '1' });
  }

  submit(job: Job): void {
    this.#waiting.push(job);
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#runSlice());
  }

  /** Something has come in: a connection, a request, the end of one. */
  noteTraffic(): void {
    this.#quietTurns = 0;
  }

  #runSlice(): void {
    const begun = performance.now();
    let done = 0;
    let now = begun;
    while (done < this.#waiting.length && now < begun + SLICE_MS) {
      const job = this.#waiting[done++];
      if (job?.isWanted()) this.#run(job);
      now = performance.now();
    }
    this.#waiting = this.#waiting.slice(done);
    if (this.#waiting.length === 0 && now < begun + SLICE_MS) this.#scheduled = false;
    else this.#takeIn(now + (now - begun) * INTAKE_SHARE);
  }

  /** Leaves the loop to connections until nothing new comes, at most until `end`. */
  #takeIn(end: number): void {
    this.#quietTurns = 0;
    const turn = (): void => {
      if (this.#quietTurns++ < QUIET_TURNS && performance.now() < end) setImmediate(turn);
      else this.#runSlice();
    };
    setImmediate(turn);
  }

  #run(job: Job): void {
    try {
      job.succeed(this.#options.run(job));
    } catch (error) {
      job.fail(error);
    }
  }
}
