import type { RunTimes } from './run-times.ts';

/**
 * Share of the time that a shared run saves which may be spent on waiting for it: little is lost where nobody comes, and clients in the
 * same network ask again within a fraction of a millisecond.
 */
const PATIENCE = 0.25;

/** Most runs that go on without another try after waiting was in vain. */
const MOST_PASSES = 31;

/**
 * Clients that ask again as soon as they are answered. Those whose rows shared a run are all answered at its end, and come back one after
 * another: who ran the first of them at once would run it by itself while the others wait, and so every other run. Where a run of
 * many takes little longer than one of few, waiting for them a moment makes one run of two. Nobody is waited for whom no run has just
 * answered, and where waiting proves to be in vain it is tried ever more rarely.
 */
export class Crowd {
  #rows = 0;
  #endedMs = 0;
  #begun: { readonly rows: number; readonly atMs: number } | undefined;
  #passes = 0;
  #backOff = 0;

  /** A run has ended: so many rows were answered by it, or are ready for the next. */
  ended(rows: number, nowMs: number): void {
    this.#rows = rows;
    this.#endedMs = nowMs;
    if (this.#passes > 0) this.#passes--;
  }

  /**
   * Milliseconds that the next run should yet wait for rows beyond those that are ready; 0 where it should begin.
   *
   * @param most rows of the largest run
   */
  waitMs(ready: number, { most, nowMs, times }: { most: number; nowMs: number; times: RunTimes }): number {
    const coming = Math.min(this.#rows, most) - ready;
    const untilMs = this.#endedMs + PATIENCE * savedMs(times, ready, coming);
    if (this.#passes === 0 && untilMs > nowMs) {
      this.#begun ??= { rows: ready, atMs: nowMs };
      return untilMs - nowMs;
    }
    if (this.#begun !== undefined) this.#judge(savedMs(times, this.#begun.rows, ready - this.#begun.rows), nowMs);
    return 0;
  }

  #judge(savedMs: number, nowMs: number): void {
    const waitedMs = nowMs - (this.#begun?.atMs ?? nowMs);
    this.#begun = undefined;
    this.#backOff = savedMs > waitedMs ? 0 : Math.min(MOST_PASSES, 2 * this.#backOff + 1);
    this.#passes = this.#backOff;
  }
}

/** What one run saves over two; 0 where that is not known, or there is nothing to join. */
function savedMs(times: RunTimes, some: number, others: number): number {
  if (some <= 0 || others <= 0) return 0;
  const [first, second, joined] = [some, others, some + others].map((rows) => times.expectedMs(rows));
  if (first === undefined || second === undefined || joined === undefined) return 0;
  return first + second - joined;
}
