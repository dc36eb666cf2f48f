import type { Plan } from '../../schemas/plan.ts';

interface Rule {
  readonly option: string;
  readonly isPlanned: (found: unknown) => boolean;
  readonly why: string;
}

/** What every plan counts on, whatever the profile. */
const ALWAYS: readonly Rule[] = [
  {
    option: 'enableCpuMemArena',
    isPlanned: (found) => found === false,
    why: 'an arena keeps what a run took, and grows with the order of requests',
  },
  {
    option: 'enableMemPattern',
    isPlanned: (found) => found !== false,
    why: 'without the pattern each value between nodes has a block of its own',
  },
  {
    option: 'executionMode',
    isPlanned: (found) => found !== 'parallel',
    why: 'nodes that run side by side hold their values side by side',
  },
];

/** Weights stay in the mapped file only where nothing repacks them. */
const LEAN: readonly Rule[] = [
  { option: 'disable_prepacking', isPlanned: (found) => found === '1', why: 'weights are copied into memory' },
];

/** Where no filters are planned to be held in it. */
const WITHOUT_LAYOUT: Rule = {
  option: 'graphOptimizationLevel',
  isPlanned: (found) => found !== 'all' && found !== 'layout' && found !== undefined,
  why: 'weights are copied into the layout of this processor',
};

/**
 * What of a plan's session options makes its memory plan worthless, as in a plan that was written by hand or changed. One line for
 * each; none where the packager wrote it, or where no memory was planned.
 */
export function sessionOptionProblems(
  plan: Pick<Plan, 'sessionOptions' | 'profile' | 'memory' | 'holdsFilters'>,
): string[] {
  if (plan.memory === null) return [];
  const { extra, ...options } = plan.sessionOptions;
  const { session } = (extra ?? {}) as { readonly session?: Readonly<Record<string, unknown>> };
  const all = { ...options, ...session };
  const lean = plan.holdsFilters === true ? LEAN : [WITHOUT_LAYOUT, ...LEAN];
  return [...ALWAYS, ...(plan.profile === 'lean' ? lean : [])].flatMap(({ option, isPlanned, why }) =>
    isPlanned(all[option])
      ? []
      : [`the session option ${option} is ${JSON.stringify(all[option]) ?? 'not set'}: ${why}`],
  );
}
