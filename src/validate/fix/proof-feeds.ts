import type { Signature } from '../runtime/requests.ts';
import { type Attempt, attemptsFor, type SymbolBounds, synthesiseFeeds } from '../runtime/synthesise-feeds.ts';
import type { TensorValues } from '../runtime/tensor-value.ts';

export interface ProofFeeds {
  readonly feeds: TensorValues;
  /** How they were made up, so that more like them can be; absent for the first case. */
  readonly made?: { readonly attempt: Attempt; readonly seed: number };
}

/** What a proof runs on: the example if there is one, then made-up inputs within the bounds, other numbers each time. */
export function* proofFeeds(
  { inputs }: Signature,
  { bounds, example }: { readonly bounds: SymbolBounds; readonly example?: TensorValues },
): Generator<ProofFeeds> {
  if (example) yield { feeds: example };
  for (const [index, attempt] of attemptsFor(inputs).entries()) {
    const made = { attempt, seed: index + 1 };
    const feeds = synthesiseFeeds(inputs, { ...made, bounds });
    if (feeds) yield { feeds, made };
  }
}
