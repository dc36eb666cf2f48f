/** Longest delay that a timer takes. */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls when the next of the deadlines that it was told of has passed: one timer, however many there are. */
export class DeadlineWatch {
  readonly #onDeadline: () => void;
  #timer: NodeJS.Timeout | undefined;
  #nextMs = Number.POSITIVE_INFINITY;
  #later: number[] = [];

  constructor(onDeadline: () => void) {
    this.#onDeadline = onDeadline;
  }

  /** `deadlineMs` is on the clock of `performance.now()`. */
  watch(deadlineMs: number): void {
    if (deadlineMs >= this.#nextMs) {
      this.#later.push(deadlineMs);
      return;
    }
    if (this.#nextMs !== Number.POSITIVE_INFINITY) this.#later.push(this.#nextMs);
    this.#set(deadlineMs);
  }

  #set(deadlineMs: number): void {
    clearTimeout(this.#timer);
    this.#nextMs = deadlineMs;
    const delay = Math.min(Math.max(0, Math.ceil(deadlineMs - performance.now())), LONGEST_MS);
    this.#timer = setTimeout(() => this.#pass(), delay).unref();
  }

  #pass(): void {
    const now = performance.now();
    this.#later = this.#later.filter((deadline) => deadline > now);
    const next = this.#nextMs > now ? this.#nextMs : this.#soonest();
    this.#nextMs = Number.POSITIVE_INFINITY;
    if (next !== Number.POSITIVE_INFINITY) this.#set(next);
    this.#onDeadline();
  }

  #soonest(): number {
    let soonest = Number.POSITIVE_INFINITY;
    for (const deadline of this.#later) if (deadline < soonest) soonest = deadline;
    this.#later = this.#later.filter((deadline) => deadline !== soonest);
    return soonest;
  }
}
