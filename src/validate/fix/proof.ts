import type { Difference } from '../runtime/compare-outputs.ts';
import type { Outcome } from '../runtime/runtime-child.ts';

/** Whether a mended model gives what the original gives. */
export interface Proof {
  readonly state: 'proven' | 'refuted' | 'inconclusive';
  /** Runs of both models on the same inputs. */
  readonly runs: number;
  /** The largest difference of any two elements, 0 where all are identical. */
  readonly largestDifference: number;
  /** What refuted it, or why nothing could be said; `null` for a proof. */
  readonly why: string | null;
}

/** The first output that is another than the original's; `null` where all are equal as far as rounding goes. */
export function whatDiffers(differences: readonly Difference[]): string | null {
  for (const { output, mismatch, beyondTolerance, elements, largestAbsolute } of differences) {
    if (mismatch !== null) return `output "${output}": ${mismatch}`;
    if (beyondTolerance > 0) {
      return `output "${output}" differs in ${beyondTolerance} of ${elements} elements, by up to ${largestAbsolute}`;
    }
  }
  return null;
}

export function largestOf(differences: readonly Difference[]): number {
  return differences.reduce((largest, { largestAbsolute }) => Math.max(largest, largestAbsolute), 0);
}

export function describeOutcome(outcome: Exclude<Outcome<unknown>, { readonly outcome: 'ok' }>): string {
  switch (outcome.outcome) {
    case 'refused':
      return outcome.message;
    case 'crashed':
      return `the runtime crashed (${outcome.how})`;
    case 'timeout':
      return `no answer within ${outcome.limitMs} ms`;
    case 'memory':
      return `it took ${outcome.bytes} bytes of memory; the limit is ${outcome.limitBytes}`;
  }
}

export function refuted(why: string): Proof {
  return { state: 'refuted', runs: 0, largestDifference: 0, why };
}

export function inconclusive(why: string): Proof {
  return { state: 'inconclusive', runs: 0, largestDifference: 0, why };
}
