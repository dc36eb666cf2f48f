import { axisKey, lettersKey, yamlKey } from '../../nouns/axis-bound.ts';
import type { MemoryFacts, MemoryNumbers, MemoryUnknown, ProfileName } from '../../nouns/memory-facts.ts';
import { CALIBRATION } from './calibration.ts';
import { coveredProcessors } from './covered-processors.ts';
import type { LimitedPlan } from './is-within-budget.ts';
import { largestBatch } from './largest-batch.ts';
import type { MemoryPlan, UnknownPlan } from './memory-plan.ts';
import { memoryVerdict } from './memory-verdict.ts';
import { modelForProfile } from './model-for-profile.ts';
import { planMemory } from './plan-memory.ts';
import { remedies } from './remedies.ts';
import type { OpenValue } from './unknowns.ts';

const PROFILES: readonly ProfileName[] = ['lean', 'fast'];

/** All that a report says of a model's memory, for the profile that is asked for. */
export function memoryFacts(options: LimitedPlan): MemoryFacts {
  const { profile, bounds, limitBytes, workers = 1, queue = 0, calibration = CALIBRATION } = options;
  const plans = PROFILES.map((each) =>
    planMemory({ ...options, profile: each, model: modelForProfile(each, options) }),
  );
  const plan = plans.find((each) => each.profile === profile) ?? planMemory(options);
  const known = plan.state === 'known' ? plan : null;
  return {
    verdict: memoryVerdict(plan, limitBytes),
    limitBytes,
    profile,
    bounds: Object.fromEntries(bounds),
    workers,
    queue,
    ...numbersOf(plan),
    peak: known?.peak ?? null,
    breakdown: known?.breakdown ?? null,
    nextWorkerBytes: known?.nextWorkerBytes ?? null,
    ...unknownsOf(plan),
    largestBatch: known && limitBytes !== null ? largestBatch(options, limitBytes) : null,
    profiles: plans.map((each) => ({
      profile: each.profile,
      verdict: memoryVerdict(each, limitBytes),
      ...numbersOf(each),
    })),
    remedies: known ? remedies(options) : [],
    moments: known?.moments ?? [],
    calibration: calibration.combination,
    processors: known ? coveredProcessors(options) : [],
  };
}

/** The numbers of a plan that is not known. */
export const UNKNOWN_NUMBERS: MemoryNumbers = {
  createPeakBytes: null,
  runPeakBytes: null,
  unreclaimableBytes: null,
  upperBoundBytes: null,
  mappedBytes: null,
  recommendedLimitBytes: null,
};

function numbersOf(plan: MemoryPlan): MemoryNumbers {
  if (plan.state === 'unknown') {
    return UNKNOWN_NUMBERS;
  }
  const { createPeakBytes, runPeakBytes, unreclaimableBytes, upperBoundBytes, mappedBytes, recommendedLimitBytes } =
    plan;
  return {
    createPeakBytes,
    runPeakBytes,
    unreclaimableBytes,
    upperBoundBytes,
    mappedBytes,
    recommendedLimitBytes,
  };
}

const LETTERS = lettersKey('');

/** Where no bound could say it. */
export const UNPLANNED = 'budget.memory, and hold it against a probe: no plan can be made';

type Unknowns = Pick<MemoryFacts, 'unknownOperators' | 'unknownDimensions' | 'unknownValues'>;

function unknownsOf(plan: MemoryPlan): Unknowns {
  if (plan.state === 'known') return { unknownOperators: [], unknownDimensions: [], unknownValues: [] };
  return {
    unknownOperators: operatorsOf(plan),
    unknownDimensions: plan.undeclared.dimensions.map((name) => ({
      name,
      why: name.endsWith(LETTERS) ? 'a text may be of any length' : 'the model leaves it open',
      bounds: [name],
      declare: `bounds: { ${yamlKey(name)}: N }, its largest size`,
    })),
    unknownValues: plan.undeclared.values.map((open) => unknownValue(open, plan)),
  };
}

function unknownValue({ value, reason, axes }: OpenValue, { undeclared }: UnknownPlan): MemoryUnknown {
  const bounds = axes === 'all' ? [axisKey(value, 0)] : axes.map((axis) => axisKey(value, axis));
  const line = `bounds: { ${bounds.map((key) => `${yamlKey(key)}: N`).join(', ')} }`;
  const own = axes === 'all' ? `${line}, and so on for each of its axes` : `${line}, its largest size`;
  const declare = bounds.length === 0 ? UNPLANNED : own;
  const isFirst = undeclared.dimensions.length === 0;
  return {
    name: value,
    why: reason,
    bounds,
    declare: isFirst ? declare : `the bounds of the inputs; if it stays open, ${declare}`,
  };
}

function operatorsOf({ undeclared }: UnknownPlan): readonly MemoryUnknown[] {
  return [...undeclared.operators].map(([name, count]) => ({
    name,
    why: `nothing is known of what its kernel takes (${count} ${count === 1 ? 'node' : 'nodes'})`,
    bounds: [],
    declare: UNPLANNED,
  }));
}
