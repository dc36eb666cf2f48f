import { axisKey } from '../../nouns/axis-bound.ts';
import type { BatchBucket, LargestBatch } from '../../nouns/memory-facts.ts';
import type { Model } from '../../onnx/model.ts';
import { fedInputs } from './fed-inputs.ts';
import { largestWithin } from './largest-within.ts';
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
  let hint = options.bounds.get(dimension);
  return {
    dimension,
    limitBytes,
    buckets: [...buckets.values()].map((bounds) => {
      const bucket = largestIn(bounds, { options, dimension, limitBytes, hint });
      // Where the others are half as large, about twice as many fit.
      if (bucket.largest) hint = Math.min(2 * bucket.largest, LARGEST_BATCH);
      return bucket;
    }),
  };
}

/** The open dimension that is named so, else the one that the first input begins with. */
function batchDimension(model: Model): string | null {
  const open = openDimensions(model, new Map());
  const named = open.find((name) => /batch/i.test(name)) ?? open.find((name) => /^(n|bs|b)$/i.test(name));
  if (named !== undefined) return named;
  const [first] = fedInputs(model.graph);
  if (first?.type?.kind !== 'tensor') return null;
  const leading = first.type.shape?.[0];
  if (typeof leading === 'string') return leading;
  return open.includes(axisKey(first.name, 0)) ? axisKey(first.name, 0) : null;
}

interface Search {
  readonly options: PlanOptions;
  readonly dimension: string;
  readonly limitBytes: number;
  /** A batch that is likely to be near. */
  readonly hint: number | undefined;
}

function largestIn(
  bounds: Readonly<Record<string, number>>,
  { options, dimension, limitBytes, hint }: Search,
): BatchBucket {
  let isKnown = true;
  const bytesAt = (batch: number): number => {
    const plan = planMemory({
      ...options,
      bounds: new Map([...options.bounds, ...Object.entries(bounds), [dimension, batch]]),
    });
    isKnown &&= batch > 1 || plan.state === 'known';
    return plan.state === 'known' ? plan.recommendedLimitBytes : Number.POSITIVE_INFINITY;
  };
  const search = { limit: limitBytes, most: LARGEST_BATCH, ...(hint !== undefined && { hint }) };
  const largest = largestWithin(bytesAt, search);
  return { bounds, largest: isKnown ? largest : null };
}
