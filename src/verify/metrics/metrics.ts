import { CLASSIFICATION } from './classification.ts';
import type { Metric } from './metric.ts';
import { gainAt, recallAt } from './ranking.ts';
import { REGRESSION } from './regression.ts';

const NAMED: Readonly<Record<string, Metric>> = { ...CLASSIFICATION, ...REGRESSION };
const AT: Readonly<Record<string, (most: number) => Metric>> = { recall: recallAt, ndcg: gainAt };

/** The metric of a name such as `accuracy` or `recall@5`; `undefined` where there is none. */
export function metricNamed(name: string): Metric | undefined {
  if (Object.hasOwn(NAMED, name)) return NAMED[name];
  const match = /^(\w+)@([1-9]\d{0,5})$/.exec(name);
  const make = match?.[1] !== undefined && Object.hasOwn(AT, match[1]) ? AT[match[1]] : undefined;
  return make?.(Number(match?.[2]));
}
