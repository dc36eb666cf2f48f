import type { Profile } from '../runtime/session-options.ts';
import type { KnownPlan } from './memory-plan.ts';
import { type PlanOptions, planMemory } from './plan-memory.ts';

/** A change that takes less memory, and how much then is taken. */
export interface Remedy {
  readonly kind: 'profile' | 'bound' | 'workers' | 'queue';
  /** What to change, to what. */
  readonly change: { readonly name: string; readonly from: string | number; readonly to: string | number };
  readonly plan: KnownPlan;
  readonly savedBytes: number;
}

/** The cheapest ways to less memory, each planned by itself; the one that saves most first. Empty where the plan is unknown. */
export function remedies(options: PlanOptions): readonly Remedy[] {
  const now = planMemory(options);
  if (now.state === 'unknown') return [];
  return candidates(options)
    .flatMap(({ kind, change, changed }) => {
      const plan = planMemory({ ...options, ...changed });
      if (plan.state === 'unknown') return [];
      const savedBytes = now.recommendedLimitBytes - plan.recommendedLimitBytes;
      return savedBytes > 0 ? [{ kind, change, plan, savedBytes }] : [];
    })
    .sort((a, b) => b.savedBytes - a.savedBytes);
}

interface Candidate extends Pick<Remedy, 'kind' | 'change'> {
  readonly changed: Partial<PlanOptions>;
}

function candidates({ profile, bounds, workers = 1, queue = 0 }: PlanOptions): readonly Candidate[] {
  const other: Profile = profile === 'lean' ? 'fast' : 'lean';
  const halved = [...bounds].filter(([, bound]) => bound > 1);
  return [
    { kind: 'profile', change: { name: 'profile', from: profile, to: other }, changed: { profile: other } },
    ...halved.map(([name, bound]) => {
      const to = Math.floor(bound / 2);
      return {
        kind: 'bound' as const,
        change: { name, from: bound, to },
        changed: { bounds: new Map([...bounds, [name, to]]) },
      };
    }),
    ...(workers > 1
      ? [
          {
            kind: 'workers' as const,
            change: { name: 'workers', from: workers, to: workers - 1 },
            changed: { workers: workers - 1 },
          },
        ]
      : []),
    ...(queue > 0
      ? [
          {
            kind: 'queue' as const,
            change: { name: 'queue', from: queue, to: Math.floor(queue / 2) },
            changed: { queue: Math.floor(queue / 2) },
          },
        ]
      : []),
  ];
}
