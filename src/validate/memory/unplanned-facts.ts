import type { MemoryFacts } from '../../nouns/memory-facts.ts';
import { CALIBRATION } from './calibration.ts';
import type { LimitedPlan } from './is-within-budget.ts';
import { UNKNOWN_NUMBERS, UNPLANNED } from './memory-facts.ts';

/** All that a report says of a model whose graph is not known as the runtime will run it: nothing, and why, until a probe measures. */
export function unplannedFacts(options: Omit<LimitedPlan, 'model'>, why: string): MemoryFacts {
  const { profile, bounds, limitBytes, workers = 1, queue = 0 } = options;
  return {
    verdict: 'unknown',
    limitBytes,
    profile,
    bounds: Object.fromEntries(bounds),
    workers,
    queue,
    ...UNKNOWN_NUMBERS,
    peak: null,
    breakdown: null,
    nextWorkerBytes: null,
    unknownOperators: [],
    unknownDimensions: [],
    unknownValues: [{ name: 'the whole graph', why, bounds: [], declare: UNPLANNED }],
    largestBatch: null,
    profiles: [],
    remedies: [],
    moments: [],
    calibration: CALIBRATION.combination,
    processors: [],
  };
}
