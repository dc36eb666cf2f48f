import type { BatchBucket, MemoryFacts, MemoryNumbers, MemoryRemedy, MemoryVerdict } from '../nouns/memory-facts.ts';
import type { LimitedPlan } from '../validate/memory/is-within-budget.ts';
import { largestWithin } from '../validate/memory/largest-within.ts';
import { memoryVerdict } from '../validate/memory/memory-verdict.ts';
import { modelForProfile } from '../validate/memory/model-for-profile.ts';
import { type ServingOptions, servingLimit } from '../validate/memory/serving-limit.ts';
import type { Profile } from '../validate/runtime/session-options.ts';

/**
 * What a plan says of memory, with limits at which the server lets requests at the bounds in: it shares its limit out beforehand
 * and turns away what might not fit, where the bare run would just have had room.
 */
export function withServingLimit(facts: MemoryFacts, options: LimitedPlan): MemoryFacts {
  const raise = <T extends MemoryNumbers>(
    numbers: T,
    changed: Partial<ServingOptions>,
  ): T & { verdict: MemoryVerdict } =>
    withVerdict(raised(numbers, servingLimit({ ...options, ...changed })), facts.limitBytes);
  const whole = raise(facts, {});
  return {
    ...whole,
    profiles: facts.profiles.map((row) => raise(row, underProfile(row.profile, options))),
    remedies: remediesWith(facts, { options, recommendedLimitBytes: whole.recommendedLimitBytes }),
    largestBatch: facts.largestBatch && {
      ...facts.largestBatch,
      buckets: facts.largestBatch.buckets.map((bucket) => servedBatch(bucket, { facts, options })),
    },
  };
}

function raised<T extends MemoryNumbers>(numbers: T, servingBytes: number | null): T {
  const { recommendedLimitBytes } = numbers;
  if (recommendedLimitBytes === null || servingBytes === null) return numbers;
  return { ...numbers, recommendedLimitBytes: Math.max(recommendedLimitBytes, servingBytes) };
}

function withVerdict<T extends MemoryNumbers>(numbers: T, limitBytes: number | null): T & { verdict: MemoryVerdict } {
  const { upperBoundBytes, recommendedLimitBytes } = numbers;
  const isKnown = upperBoundBytes !== null && recommendedLimitBytes !== null;
  const plan = isKnown
    ? ({ state: 'known', upperBoundBytes, recommendedLimitBytes } as const)
    : { state: 'unknown' as const };
  return { ...numbers, verdict: memoryVerdict(plan, limitBytes) };
}

function underProfile(profile: Profile, options: LimitedPlan): Partial<ServingOptions> {
  return { profile, model: modelForProfile(profile, options) };
}

interface Whole {
  readonly options: LimitedPlan;
  readonly recommendedLimitBytes: number | null;
}

function remediesWith(facts: MemoryFacts, { options, recommendedLimitBytes }: Whole): readonly MemoryRemedy[] {
  if (recommendedLimitBytes === null) return facts.remedies;
  return facts.remedies
    .map((remedy) => {
      const changed = changeOf(remedy, options);
      const own = changed ? servingLimit({ ...options, ...changed }) : recommendedLimitBytes - remedy.savedBytes;
      const limit = Math.max(remedy.recommendedLimitBytes, own ?? 0);
      return { ...remedy, recommendedLimitBytes: limit, savedBytes: recommendedLimitBytes - limit };
    })
    .filter(({ savedBytes }) => savedBytes > 0)
    .sort((a, b) => b.savedBytes - a.savedBytes);
}

/** `null` for a changed layer, which saves as much of one limit as of the other. */
function changeOf({ kind, change: { name, to } }: MemoryRemedy, options: LimitedPlan): Partial<ServingOptions> | null {
  if (kind === 'bound') return { bounds: new Map([...options.bounds, [name, Number(to)]]) };
  if (kind === 'profile') return underProfile(to === 'lean' ? 'lean' : 'fast', options);
  return kind === 'workers' ? { workers: Number(to) } : null;
}

function servedBatch(
  bucket: BatchBucket,
  { facts, options }: { readonly facts: MemoryFacts; readonly options: ServingOptions },
): BatchBucket {
  const { largestBatch, limitBytes } = facts;
  if (!bucket.largest || limitBytes === null || largestBatch === null) return bucket;
  const bytesAt = (batch: number) => {
    const bounds = new Map([
      ...options.bounds,
      ...Object.entries(bucket.bounds),
      [largestBatch.dimension, batch] as const,
    ]);
    return servingLimit({ ...options, bounds }) ?? Number.POSITIVE_INFINITY;
  };
  const search = { limit: limitBytes, most: bucket.largest, hint: bucket.largest };
  return { ...bucket, largest: largestWithin(bytesAt, search) };
}
