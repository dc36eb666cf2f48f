import type { Runner } from './runner.ts';

/** How long runs follow one another on this thread before connections get their turn: short beside a probe's patience, long beside a tiny run. */
const SLICE_MS = 5;

/** Share of a slice's time that connections get after it: each turn of Node's loop accepts one and reads what is there once. */
const INTAKE_SHARE = 0.1;

/** Turns without anything new after which nothing more is waiting to be taken in. */
const QUIET_TURNS = 3;

/** What there is to run; times on the clock of `performance.now()`. */
export interface Runs {
  /** How long the next run should yet wait; 0 where it should begin, or there is none. */
  readonly waitMs: (now: number) => number;
  /** Begins the next run; gives whether there was any. */
  readonly runNext: (runner: Runner, now: number) => boolean;
}

/** Says when runs begin: one after another as long as the runner is free, in slices between which connections have the loop to themselves. */
export class Slices {
  readonly #runs: Runs;
  #runner: Runner | undefined;
  #scheduled = false;
  #delay: NodeJS.Timeout | undefined;
  #quietTurns = 0;

  constructor(runs: Runs) {
    this.#runs = runs;
  }

  start(runner: Runner): void {
    this.#runner = runner;
    this.wake();
  }

  /** Begins no more runs until it is started again. */
  pause(): void {
    this.#runner = undefined;
  }

  /** Something has come in: a connection, a request, the end of one. */
  noteTraffic(): void {
    this.#quietTurns = 0;
  }

  /** A run can begin that could not before. */
  wake(): void {
    if (this.#scheduled || this.#runner === undefined) return;
    this.#scheduled = true;
    setImmediate(() => this.#runSlice());
  }

  #runSlice(): void {
    clearTimeout(this.#delay);
    const runner = this.#runner;
    if (runner === undefined) {
      this.#scheduled = false;
      return;
    }
    const begun = performance.now();
    let now = begun;
    // Of the last run: the next one would take as long.
    let taken = 0;
    while (runner.free > 0 && now + taken < begun + SLICE_MS) {
      const waitMs = this.#runs.waitMs(now);
      if (waitMs > 0) {
        this.#runLater(waitMs);
        return;
      }
      if (!this.#runs.runNext(runner, now)) break;
      const end = performance.now();
      taken = end - now;
      now = end;
    }
    if (runner.free > 0 && now + taken >= begun + SLICE_MS) this.#takeIn(now + (now - begun) * INTAKE_SHARE);
    else this.#scheduled = false;
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

  /** Waits for more rows; whatever comes in meanwhile has the next run looked at again. */
  #runLater(milliseconds: number): void {
    // Node's timers know no shorter time.
    if (milliseconds < 1) {
      setImmediate(() => this.#runSlice());
      return;
    }
    this.#scheduled = false;
    this.#delay = setTimeout(() => this.wake(), milliseconds);
  }
}
