import type { Interval } from './bootstrap.ts';

export type Judgement = 'pass' | 'fail' | 'inconclusive';

/** What is demanded of a metric. */
export interface Threshold {
  readonly min: number | null;
  readonly max: number | null;
}

interface Estimated {
  readonly value: number | null;
  readonly interval: Interval | null;
}

/**
 * Fails where the estimate lies beyond the threshold and so does all of its interval; where the interval reaches back over it, there
 * are too few rows to tell.
 */
export function judgeThreshold({ value, interval }: Estimated, { min, max }: Threshold): Judgement {
  if (value === null) return 'inconclusive';
  const isUnder = min !== null && value < min;
  const isOver = max !== null && value > max;
  if (!isUnder && !isOver) return 'pass';
  if (interval === null) return 'inconclusive';
  const isSure = (isUnder && interval.high < (min as number)) || (isOver && interval.low > (max as number));
  return isSure ? 'fail' : 'inconclusive';
}

/** How much worse a value is than another: above zero is worse. */
export function worsening(better: 'higher' | 'lower', now: number, before: number): number {
  return better === 'higher' ? before - now : now - before;
}

/** `worse` is by how much it got worse, with its interval. The same rule: sure, or too few rows to tell. */
export function judgeWorsening(worse: Estimated, allowed: number): Judgement {
  return judgeThreshold(worse, { min: null, max: allowed });
}
