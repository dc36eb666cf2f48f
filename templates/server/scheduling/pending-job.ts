import { holdWhile } from '../hold-while.ts';
import type { Job, RunFacts } from '../job.ts';
import type { Tensors } from '../tensor.ts';
import type { Collected } from './collected.ts';
import type { Pending } from './fair-queue.ts';
import type { Ledger } from './ledger.ts';

interface PendingFacts {
  readonly group: string | null;
  readonly bytes: number;
  readonly ledger: Ledger;
  readonly arrivedMs: number;
}

/** A job from its admission to its answer; gives back the bytes it was admitted with, once. */
export class PendingJob implements Pending {
  readonly job: Job;
  readonly group: string | null;
  readonly rows: number;
  readonly arrivedMs: number;
  taken = 0;
  computeMs = 0;
  collected: Collected | undefined;
  readonly #bytes: number;
  readonly #ledger: Ledger;
  #queueMs = 0;
  #settled = false;

  constructor(job: Job, { group, bytes, ledger, arrivedMs }: PendingFacts) {
    this.job = job;
    this.group = group;
    this.rows = group === null ? 1 : (job.rows ?? 1);
    this.arrivedMs = arrivedMs;
    this.#bytes = bytes;
    this.#ledger = ledger;
  }

  get isSettled(): boolean {
    return this.#settled;
  }

  /** Its first rows go into a run; gives how long it has waited. */
  begin(nowMs: number): number {
    this.#queueMs = nowMs - this.arrivedMs;
    return this.#queueMs;
  }

  /** Hands out its outputs; gives how it was run. */
  succeed(outputs: Tensors, runRows: number): RunFacts {
    this.#settled = true;
    const wholeMs = performance.now() - this.arrivedMs;
    const facts = { queueMs: this.#queueMs, computeMs: this.computeMs, wholeMs, runRows };
    holdWhile(
      () => this.job.succeed(outputs, facts),
      () => this.#release(),
    );
    return facts;
  }

  fail(error: unknown): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#release();
    this.job.fail(error);
  }

  #release(): void {
    this.#ledger.release(this.#bytes);
  }
}
