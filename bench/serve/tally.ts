/** Buckets of a time's logarithm: each is some 2 % wide. */
const BUCKETS_PER_E = 50;
const LEAST_MS = 0.001;

/** Times by size, in as little memory however many there are. */
export class Times {
  readonly #buckets: number[] = [];
  #longest = 0;
  count = 0;

  add(milliseconds: number): void {
    const bucket = Math.max(0, Math.round(BUCKETS_PER_E * Math.log(Math.max(milliseconds, LEAST_MS) / LEAST_MS)));
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
    this.count++;
    this.#longest = Math.max(this.#longest, milliseconds);
  }

  /** The share that does not take longer, in milliseconds; 0 where there are none. */
  percentile(share: number): number {
    let left = share * this.count;
    for (const [bucket, count = 0] of this.#buckets.entries()) {
      left -= count;
      if (left < 0) return Math.min(this.#longest, LEAST_MS * Math.exp(bucket / BUCKETS_PER_E));
    }
    return this.#longest;
  }

  get summary(): TimesSummary {
    const { count } = this;
    return { count, p50: this.percentile(0.5), p99: this.percentile(0.99), longest: this.#longest };
  }
}

export interface TimesSummary {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly longest: number;
}

/** What became of requests. */
export interface Tally {
  readonly answered: number;
  readonly rows: number;
  readonly wrong: number;
  readonly other: number;
  readonly lost: number;
  readonly refused: TimesSummary;
}

export function tellTimes({ p50, p99, longest }: TimesSummary): string {
  return `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, longest ${longest.toFixed(1)} ms`;
}
