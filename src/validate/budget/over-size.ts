import { formatByteSize } from '../../nouns/byte-size.ts';
import type { Violation } from '../rules/rule.ts';

/** That a thing is larger than its budget, with the arithmetic; nothing where it fits or has none. */
export function overSize(
  what: string,
  { bytes, budget }: { bytes: number; budget: number | undefined },
): readonly Violation[] {
  if (budget === undefined || bytes <= budget) return [];
  const over = formatByteSize(bytes - budget);
  return [
    {
      message: `the ${what} has ${formatByteSize(bytes)} (${bytes} bytes), ${over} over its budget of ${formatByteSize(budget)}`,
    },
  ];
}
