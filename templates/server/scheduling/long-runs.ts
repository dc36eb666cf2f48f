import { LONGEST_INLINE_MS } from './longest-inline.ts';

/** Time in which long runs are counted together. */
const WINDOW_MS = 10_000;

/** So many of them, and so much of that time, are no accident: other processes, and a first run of a new shape, lengthen single ones. */
const LEAST_RUNS = 3;
const LEAST_MS = 300;

export interface EndedRun {
  readonly milliseconds: number;
  /** How many shorter runs it could have been. */
  readonly parts: number;
  readonly endedMs: number;
}

/**
 * Watches runs on the thread that takes requests in: whether they keep on being longer than that thread may be held, though the warm-up
 * did not let it expect, as where the machine was busy then, or requests are of other shapes.
 */
export class LongRuns {
  readonly #runs: { readonly milliseconds: number; readonly endedMs: number }[] = [];
  readonly #cpuMs: () => number;
  #begunCpuMs = 0;

  constructor(cpuMs = (): number => process.cpuUsage().user / 1000) {
    this.#cpuMs = cpuMs;
  }

  /** A run begins. Processor time is asked for only when one was long of late: that takes a microsecond. */
  begin(): void {
    if (this.#runs.length > 0) this.#begunCpuMs = this.#cpuMs();
  }

  /** A run has ended; gives whether runs have proven too long for this thread, which those are not that are long for being of many parts. */
  ended({ milliseconds, parts, endedMs }: EndedRun): boolean {
    if (milliseconds <= LONGEST_INLINE_MS * parts) return false;
    const isFirst = this.#runs.length === 0;
    while ((this.#runs[0]?.endedMs ?? endedMs) < endedMs - WINDOW_MS) this.#runs.shift();
    // A run that was kept from the processor would take as long elsewhere.
    const workedMs = isFirst ? milliseconds : this.#cpuMs() - this.#begunCpuMs;
    if (workedMs <= LONGEST_INLINE_MS * parts) return false;
    this.#runs.push({ milliseconds, endedMs });
    const held = this.#runs.reduce((sum, run) => sum + run.milliseconds, 0);
    return this.#runs.length >= LEAST_RUNS && held >= LEAST_MS;
  }
}
