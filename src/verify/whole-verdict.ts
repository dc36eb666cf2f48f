import type { VerdictDocument } from '../../schemas/verdict.ts';

type Failures = readonly Pick<VerdictDocument['failures'][number], 'owner'>[];

/** A failure that somebody owns fails the whole; one that nobody can own leaves it open. */
export function wholeVerdict(failures: Failures): VerdictDocument['verdict'] {
  if (failures.some(({ owner }) => owner !== 'inconclusive')) return 'fail';
  return failures.length > 0 ? 'inconclusive' : 'pass';
}
