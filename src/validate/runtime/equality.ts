import type { Difference } from './compare-outputs.ts';
import type { Outcome, RuntimeChild } from './runtime-child.ts';
import type { TensorValues } from './tensor-value.ts';

/** How the prepared model's outputs compare with the original's on the same inputs. */
export interface Equality {
  /**
   * `identical`: every element. `close`: what reordered arithmetic explains. `as-optimised`: more than that, but what the
   * runtime's own optimisation makes of the original whenever it loads it. `different`: more than that too. `random`: the
   * original does not repeat its own outputs, so nothing can be said.
   */
  readonly state: 'identical' | 'close' | 'as-optimised' | 'different' | 'random';
  /** Against the original as little optimised as it runs. */
  readonly differences: readonly Difference[];
}

export type OriginalLevel = 'disabled' | 'extended';

/**
 * Runs the original on the inputs on which the prepared session has run last, and judges how far they lie apart. `load` makes a session of the
 * original at a level of optimisation; some models run only at the higher one.
 */
export async function compareWithOriginal(
  child: RuntimeChild,
  options: {
    readonly prepared: string;
    readonly feeds: TensorValues;
    readonly load: (session: string, level: OriginalLevel) => Promise<Outcome<unknown>>;
  },
): Promise<Outcome<Equality>> {
  const { prepared, feeds, load } = options;
  const against = async (level: OriginalLevel, candidate: string): Promise<Outcome<readonly Difference[]>> => {
    const loaded = candidate === level ? null : await load(level, level);
    if (loaded !== null && loaded.outcome !== 'ok') return loaded;
    return child.ask('compare', { reference: level, candidate, feeds, hasRun: candidate === prepared });
  };
  const plain = await against('disabled', prepared);
  const first = plain.outcome === 'refused' ? await against('extended', prepared) : plain;
  if (first.outcome !== 'ok') return first;
  const differences = first.value;
  const judged = judgeDifferences(differences);
  if (judged !== 'different') return { outcome: 'ok', value: { state: judged, differences } };
  const level = first === plain ? 'disabled' : 'extended';
  const repeated = await against(level, level);
  if (repeated.outcome !== 'ok') return repeated;
  if (judgeDifferences(repeated.value) === 'different')
    return { outcome: 'ok', value: { state: 'random', differences } };
  const optimised = level === 'extended' ? first : await against('extended', prepared);
  if (optimised.outcome !== 'ok') return optimised;
  const state = judgeDifferences(optimised.value) === 'different' ? 'different' : 'as-optimised';
  return { outcome: 'ok', value: { state, differences } };
}

export function judgeDifferences(differences: readonly Difference[]): 'identical' | 'close' | 'different' {
  if (differences.some(({ mismatch, beyondTolerance }) => mismatch !== null || beyondTolerance > 0)) return 'different';
  return differences.some(({ unequal }) => unequal > 0) ? 'close' : 'identical';
}
