import type { MemoryVerdict } from '../../nouns/memory-facts.ts';
import type { KnownPlan } from './memory-plan.ts';

/** Mapped pages that a process cannot do without if it is to get anywhere: below this it reads its own code again and again. */
const HOT_PAGES = 48 * 2 ** 20;

type Judged = Pick<KnownPlan, 'state' | 'upperBoundBytes' | 'recommendedLimitBytes'> | { readonly state: 'unknown' };

/** Whether a plan fits a container's limit; `no-budget` where there is none. */
export function memoryVerdict(plan: Judged, limitBytes: number | null): MemoryVerdict {
  if (plan.state === 'unknown') return 'unknown';
  if (limitBytes === null) return 'no-budget';
  if (limitBytes >= plan.recommendedLimitBytes) return 'fits';
  return limitBytes >= plan.upperBoundBytes + HOT_PAGES ? 'fits-slow' : 'does-not-fit';
}
