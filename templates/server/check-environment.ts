import type { Plan } from '../../schemas/plan.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What makes another allocator or other settings of glibc's take the place of those that the memory plan counts on. */
const OTHERS: readonly { readonly variable: string; readonly pattern: RegExp; readonly why: string }[] = [
  { variable: 'GLIBC_TUNABLES', pattern: /glibc\.malloc\./, why: 'changes how memory is allocated' },
  {
    variable: 'LD_PRELOAD',
    pattern: /malloc|mimalloc|tbb/,
    why: 'puts another allocator in the place of the planned one',
  },
];

/**
 * What of the environment makes the memory plan worthless: variables that it counts on and that are missing or have another value,
 * and those that override them. One line for each; none where all is as planned.
 */
export function environmentProblems({ environment: planned }: Pick<Plan, 'environment'>, found: Environment): string[] {
  const wrong = Object.entries(planned).flatMap(([name, value]) => {
    const is = found[name];
    if (is === value) return [];
    return [`${name} is ${is === undefined ? 'not set' : `"${is}"`}; the memory plan counts on "${value}"`];
  });
  const overriding = OTHERS.flatMap(({ variable, pattern, why }) =>
    pattern.test(found[variable] ?? '') ? [`${variable}="${found[variable]}" ${why}`] : [],
  );
  return [...wrong, ...overriding];
}
