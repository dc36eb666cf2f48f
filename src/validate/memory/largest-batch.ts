import { axisKey } from '../../nouns/axis-bound.ts';
import type { BatchBucket, LargestBatch } from '../../nouns/memory-facts.ts';
import type { Model } from '../../onnx/model.ts';
import { memoryVerdict } from './memory-verdict.ts';
import { type PlanOptions, planMemory } from './plan-memory.ts';
import { openDimensions } from './undeclared.ts';

/** Batches beyond this are refused elsewhere: no server gathers so many requests. */
const LARGEST_BATCH = 65_536;

/** The whole bounds of the other dimensions, their halves, and so on. */
const BUCKETS = 4;

/**
 * The largest batch that fits a limit, for each bucket of the other dimensions; `null` where no dimension can be told to be the
 * batch.
 */
export function largestBatch(options: PlanOptions, limitBytes: number): LargestBatch | null {
  const dimension = batchDimension(options.model);
  if (dimension === null) return null;
  const others = openDimensions(options.model, new Map()).filter((name) => name !== dimension);
  if (others.some((name) => !options.bounds.has(name))) return null;
  const buckets = new Map<string, Readonly<Record<string, number>>>();
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const bounds = Object.fromEntries(
      others.map((name) => [name, Math.max(1, Math.floor((options.bounds.get(name) ?? 1) / 2 ** bucket))]),
    );
    buckets.set(JSON.stringify(bounds), bounds);
  }
  return {
    dimension,
    limitBytes,
    buckets: [...buckets.values()].map((bounds) => largestIn(bounds, { options, dimension, limitBytes })),
  };
}

/** The open dimension that is named so, else the one that the first input begins with. */
function batchDimension(model: Model): string | null {
  const open = openDimensions(model, new Map());
  const named = open.find((name) => /batch/i.test(name)) ?? open.find((name) => /^(n|bs|b)$/i.test(name));
  if (named !== undefined) return named;
  const stored = new Set(model.graph.initializers.map(({ name }) => name));
  const first = model.graph.inputs.find(({ name }) => !stored.has(name));
  if (first?.type?.kind !== 'tensor') return null;
  const leading = first.type.shape?.[0];
  if (typeof leading === 'string') return leading;
  return open.includes(axisKey(first.name, 0)) ? axisKey(first.name, 0) : null;
}

interface Search {
  readonly options: PlanOptions;
  readonly dimension: string;
  readonly limitBytes: number;
}

/** Memory grows with the batch, nearly along a line: so the next guess lies on it, and halving ends what the line cannot. */
function largestIn(bounds: Readonly<Record<string, number>>, { options, dimension, limitBytes }: Search): BatchBucket {
  const planAt = (batch: number) =>
    planMemory({ ...options, bounds: new Map([...options.bounds, ...Object.entries(bounds), [dimension, batch]]) });
  const one = planAt(1);
  if (one.state === 'unknown') return { bounds, largest: null };
  if (memoryVerdict(one, limitBytes) !== 'fits') return { bounds, largest: 0 };
  let fits = { batch: 1, bytes: one.recommendedLimitBytes };
  let tooLarge = { batch: LARGEST_BATCH + 1, bytes: Infinity };
  for (let round = 0; tooLarge.batch - fits.batch > 1; round++) {
    const batch = guess(fits, tooLarge, { limitBytes, round });
    const plan = planAt(batch);
    const bytes = plan.state === 'unknown' ? Infinity : plan.recommendedLimitBytes;
    if (bytes <= limitBytes) fits = { batch, bytes };
    else tooLarge = { batch, bytes };
  }
  return { bounds, largest: fits.batch };
}

interface Tried {
  readonly batch: number;
  readonly bytes: number;
}

function guess(fits: Tried, tooLarge: Tried, { limitBytes, round }: { limitBytes: number; round: number }): number {
  if (tooLarge.bytes === Infinity) return Math.min(fits.batch * 4, tooLarge.batch - 1);
  const middle = Math.floor((fits.batch + tooLarge.batch) / 2);
  // Every third guess halves what is left, however bent the line is.
  if (round % 3 === 2) return middle;
  const slope = (tooLarge.bytes - fits.bytes) / (tooLarge.batch - fits.batch);
  const onLine = fits.batch + (slope > 0 ? Math.floor((limitBytes - fits.bytes) / slope) : 0);
  return Math.min(Math.max(onLine + (round % 3 === 1 ? 1 : 0), fits.batch + 1), tooLarge.batch - 1);
}
