import type { OutputFacts, Signature } from './requests.ts';
import type { Ending, RuntimeChild } from './runtime-child.ts';
import { attemptsFor, type SymbolBounds, synthesiseFeeds } from './synthesise-feeds.ts';
import type { TensorValues } from './tensor-value.ts';

/** One run of a session, or why there was none. */
export type Trial =
  | {
      readonly state: 'ran';
      readonly fedBy: 'example' | 'synthesis';
      readonly feeds: TensorValues;
      readonly outputs: readonly OutputFacts[];
    }
  /** The runtime took none of the inputs: those made up may simply not suit the model. */
  | { readonly state: 'not-run'; readonly fedBy: 'example' | 'synthesis'; readonly why: string }
  | { readonly state: 'ended'; readonly fedBy: 'example' | 'synthesis'; readonly ending: Ending };

const SEED = 1;

/** Runs a session once: on the example if there is one, otherwise on the first made-up inputs that the model takes. */
export async function trialRun(
  child: RuntimeChild,
  options: {
    readonly session: string;
    readonly signature: Signature;
    readonly bounds: SymbolBounds;
    readonly example?: TensorValues;
  },
): Promise<Trial> {
  const { session, signature, bounds, example } = options;
  const fedBy = example === undefined ? 'synthesis' : 'example';
  let why: string | null = null;
  for (const feeds of example === undefined ? candidates(signature, bounds) : [example]) {
    const run = await child.ask('run', { session, feeds });
    if (run.outcome === 'ok') return { state: 'ran', fedBy, feeds, outputs: run.value.outputs };
    if (run.outcome !== 'refused') return { state: 'ended', fedBy, ending: run };
    // Of the smallest inputs: the others differ in more than they have to.
    why ??= run.message;
  }
  return { state: 'not-run', fedBy, why: why ?? 'an input is not a tensor, or is too large to make up' };
}

/** The attempts, each distinct set of dimensions and integers once. */
function* candidates(signature: Signature, bounds: SymbolBounds): Generator<TensorValues> {
  const seen = new Set<string>();
  for (const attempt of attemptsFor(signature.inputs)) {
    const feeds = synthesiseFeeds(signature.inputs, { attempt, bounds, seed: SEED });
    if (feeds === null) continue;
    const varies = [...feeds.values()].some(({ elementType }) => /int|string/.test(elementType));
    const key = JSON.stringify([[...feeds.values()].map(({ dims }) => dims), varies ? attempt.integers : '']);
    if (seen.has(key)) continue;
    seen.add(key);
    yield feeds;
  }
}
