/** Longest delay that a timer takes. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Calls when the soonest of the deadlines that it was told of has passed: one timer, however many there are. Most are met, and forgotten
 * by then: the callback gives the soonest of those that still count, infinity where there is none.
 */
export class DeadlineWatch {
  readonly #onDeadline: () => number;
  #timer: NodeJS.Timeout | undefined;
  #nextMs = Number.POSITIVE_INFINITY;

  constructor(onDeadline: () => number) {
    this.#onDeadline = onDeadline;
  }

  /** `deadlineMs` is on the clock of `performance.now()`. */
  watch(deadlineMs: number): void {
    if (deadlineMs >= this.#nextMs) return;
    clearTimeout(this.#timer);
    this.#nextMs = deadlineMs;
    const delay = Math.min(Math.max(0, Math.ceil(deadlineMs - performance.now())), LONGEST_MS);
    this.#timer = setTimeout(() => this.#pass(), delay).unref();
  }

  #pass(): void {
    this.#nextMs = Number.POSITIVE_INFINITY;
    this.watch(this.#onDeadline());
  }
}
