import { quantile } from '../../nouns/quantile.ts';
import { randomNumbers } from '../../nouns/random-numbers.ts';
import type { Weighted } from './metric.ts';

const REPLICATES = 1000;

export interface Interval {
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
}

/**
 * The metric of rows drawn again with replacement, for each of the replicates (Efron 1979). The same seed draws the same rows, so that two
 * models on the same rows are held against each other row by row.
 */
export function replicatesOf(
  weighted: Weighted,
  { units, seed }: { readonly units: number; readonly seed: number },
): readonly (number | null)[] {
  const random = randomNumbers(seed);
  const weights = new Float64Array(units);
  return Array.from({ length: REPLICATES }, () => {
    weights.fill(0);
    for (let draw = 0; draw < units; draw++) {
      const unit = Math.floor(random() * units);
      weights[unit] = (weights[unit] as number) + 1;
    }
    return weighted(weights);
  });
}

/** Between the quantiles of the replicates; `null` where fewer than half of them are defined. */
export function intervalOf(replicates: readonly (number | null)[], confidence: number): Interval | null {
  const known = replicates.filter((value) => value !== null).sort((a, b) => a - b);
  if (known.length === 0 || known.length < replicates.length / 2) return null;
  const tail = (1 - confidence) / 2;
  return { low: quantile(known, tail), high: quantile(known, 1 - tail), confidence };
}
