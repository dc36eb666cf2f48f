import type { RuleDescription, Violation } from '../rules/rule.ts';

export const rule: RuleDescription = {
  id: 'memory/largest-run',
  severity: 'warning',
  title: 'Runs have no more rows than memory is planned for',
  explanation:
    'Requests that share a run make it larger than any of them. Memory is planned at the bound of the batch; where `serve.batching.maxSize` is above it, the server cuts runs down to what its limit has room for, so that the setting does nothing, or takes what was planned for something else.',
  mend: 'Raise the bound of the batch to `serve.batching.maxSize`, and plan again; or lower the setting.',
  source: 'plimsoll.yaml, `bounds` and `serve.batching.maxSize`.',
};

export interface RunSizes {
  /** What bounds call the rows; `null` where a run has no such dimension. */
  readonly rows: string | null;
  readonly bounds: Readonly<Record<string, number>>;
  readonly maxSize: number | undefined;
}

export function largestRun({ rows, bounds, maxSize }: RunSizes): readonly Violation[] {
  const bound = rows !== null && Object.hasOwn(bounds, rows) ? bounds[rows] : undefined;
  if (bound === undefined || maxSize === undefined || maxSize <= bound) return [];
  return [{ message: `serve.batching.maxSize is ${maxSize}, and memory is planned for ${rows}: ${bound}` }];
}
