import type { MemoryFacts, MemoryNumbers, MemoryUnknown, ProfileName } from '../../nouns/memory-facts.ts';
import { CALIBRATION } from './calibration.ts';
import { coveredProcessors } from './covered-processors.ts';
import { largestBatch } from './largest-batch.ts';
import type { MemoryPlan, UnknownPlan } from './memory-plan.ts';
import { memoryVerdict } from './memory-verdict.ts';
import { type PlanOptions, planMemory } from './plan-memory.ts';
import { remedies } from './remedies.ts';

export interface FactsOptions extends PlanOptions {
  /** The container's limit; `null` where none is declared. */
  readonly limitBytes: number | null;
}

const PROFILES: readonly ProfileName[] = ['lean', 'fast'];

/** All that a report says of a model's memory, for the profile that is asked for. */
export function memoryFacts(options: FactsOptions): MemoryFacts {
  const { profile, bounds, limitBytes, workers = 1, queue = 0, calibration = CALIBRATION } = options;
  const plans = PROFILES.map((each) => planMemory({ ...options, profile: each }));
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

/** The fastest profile whose recommended limit is within the budget; the one that needs least where none is. */
export function chooseProfile(options: FactsOptions): ProfileName {
  if (options.limitBytes === null) return 'fast';
  return memoryVerdict(planMemory({ ...options, profile: 'fast' }), options.limitBytes) === 'fits' ? 'fast' : 'lean';
}

function numbersOf(plan: MemoryPlan): MemoryNumbers {
  if (plan.state === 'unknown') {
    return {
      createPeakBytes: null,
      runPeakBytes: null,
      unreclaimableBytes: null,
      upperBoundBytes: null,
      mappedBytes: null,
      recommendedLimitBytes: null,
    };
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

/** Bounds go by dimensions of inputs: nothing that is declared sizes what depends on data. */
const UNPLANNED = 'budget.memory, and hold it against a probe: no plan can be made';

type Unknowns = Pick<MemoryFacts, 'unknownOperators' | 'unknownDimensions' | 'unknownValues'>;

function unknownsOf(plan: MemoryPlan): Unknowns {
  if (plan.state === 'known') return { unknownOperators: [], unknownDimensions: [], unknownValues: [] };
  return {
    unknownOperators: operatorsOf(plan),
    unknownDimensions: plan.undeclared.dimensions.map((name) => ({
      name,
      why: 'the model leaves it open',
      declare: `bounds: { ${quoted(name)}: N }, its largest size`,
    })),
    unknownValues: plan.undeclared.values.map(({ value, reason }) => ({
      name: value,
      why: reason,
      declare:
        plan.undeclared.dimensions.length > 0 ? `the bounds of the inputs; if it stays open, ${UNPLANNED}` : UNPLANNED,
    })),
  };
}

function operatorsOf({ undeclared }: UnknownPlan): readonly MemoryUnknown[] {
  return [...undeclared.operators].map(([name, count]) => ({
    name,
    why: `nothing is known of what its kernel takes (${count} ${count === 1 ? 'node' : 'nodes'})`,
    declare: UNPLANNED,
  }));
}

/** As YAML takes a key. */
function quoted(name: string): string {
  return /^[A-Za-z_][\w.-]*$/.test(name) ? name : JSON.stringify(name);
}
