import { memoryVerdict } from './memory-verdict.ts';
import { planMemory } from './plan-memory.ts';
import { type ServingOptions, servingLimit } from './serving-limit.ts';

export interface LimitedPlan extends ServingOptions {
  /** The container's limit; `null` where none is declared. */
  readonly limitBytes: number | null;
}

/** Whether a model is known to be served within its limit: a limit that is kept is not enough, the server has to let a request at the bounds in. */
export function isWithinBudget(options: LimitedPlan): boolean {
  const limitBytes = options.limitBytes ?? Number.POSITIVE_INFINITY;
  if (memoryVerdict(planMemory(options), limitBytes) !== 'fits') return false;
  return (servingLimit(options) ?? Number.POSITIVE_INFINITY) <= limitBytes;
}
