import type { RuleDescription } from '../rules/rule.ts';
import { rule as boundExceeded } from './bound-exceeded.ts';
import { rule as largestRun } from './largest-run.ts';
import { rule as planDiffers } from './plan-differs.ts';
import { rule as probeFailed } from './probe-failed.ts';
import { rule as slow } from './slow.ts';
import { rule as uncalibrated } from './uncalibrated.ts';
import { rule as unknown } from './unknown.ts';

/** What findings about the memory of a container may name, beside its budget. */
export const MEMORY_RULES: readonly RuleDescription[] = [
  boundExceeded,
  largestRun,
  planDiffers,
  probeFailed,
  slow,
  uncalibrated,
  unknown,
];
