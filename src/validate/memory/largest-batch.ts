import { memoryVerdict } from './memory-verdict.ts';
import { type PlanOptions, planMemory } from './plan-memory.ts';

export interface BatchBucket {
  /** The sizes of all dimensions but the batch. */
  readonly bounds: ReadonlyMap<string, number>;
  /** The largest batch that fits, 0 where not even one does, `null` where no plan can be made. */
  readonly largest: number | null;
}

/** Batches beyond this are refused elsewhere: no server gathers so many requests. */
const LARGEST_BATCH = 65_536;

/** The largest batch that fits a limit, for each bucket of the other dimensions. Memory grows with the batch, so halving finds it. */
export function largestBatch(
  options: PlanOptions,
  query: {
    readonly symbol: string;
    readonly limitBytes: number;
    readonly buckets: readonly ReadonlyMap<string, number>[];
  },
): readonly BatchBucket[] {
  const { symbol, limitBytes, buckets } = query;
  return buckets.map((bounds) => {
    const verdictAt = (batch: number) =>
      memoryVerdict(planMemory({ ...options, bounds: new Map([...bounds, [symbol, batch]]) }), limitBytes);
    const one = verdictAt(1);
    if (one === 'unknown') return { bounds, largest: null };
    if (one !== 'fits') return { bounds, largest: 0 };
    let fits = 1;
    while (fits < LARGEST_BATCH && verdictAt(2 * fits) === 'fits') fits *= 2;
    let tooLarge = 2 * fits;
    while (tooLarge - fits > 1) {
      const middle = Math.floor((fits + tooLarge) / 2);
      if (verdictAt(middle) === 'fits') fits = middle;
      else tooLarge = middle;
    }
    return { bounds, largest: Math.min(fits, LARGEST_BATCH) };
  });
}
