import type { MemoryFacts, MemoryUnknown } from './memory-facts.ts';
import type { SpeedFacts } from './speed-facts.ts';

/** What the kernel counted when the packaged server ran at its bounds. */
export interface MemoryProbe {
  readonly place: 'container' | 'cgroup';
  readonly cgroup: 'v1' | 'v2';
  /** `null` where nothing was known to limit it to. */
  readonly limitBytes: number | null;
  /** That were answered. */
  readonly requests: number;
  /** With the largest shapes and made-up values, with a case, or with nothing after the server's own first run. */
  readonly fed: 'bounds' | 'case' | 'warm-up';
  /** Until the server was ready, its first run included; unreclaimable, as all of these are. */
  readonly createPeakBytes: number;
  /** From then on; `null` where the kernel cannot begin to count anew, and the other is that of all. */
  readonly runPeakBytes: number | null;
  readonly unreclaimableBytes: number;
  /** Of files, as far as the server has touched them. */
  readonly mappedBytes: number;
  /** What the plan says of these very requests; `null` where no plan can be made. */
  readonly plannedBytes: number | null;
  /** Within the larger of 6 MB and 5 %; `null` where there is nothing to agree with. */
  readonly agrees: boolean | null;
}

/** The `memory` of a report: the plan, and what was measured. */
export interface MemoryReport extends MemoryFacts {
  /** Whose numbers the verdict rests on: a probe's where they are larger, or where no plan can be made. */
  readonly basis: 'plan' | 'probe';
  readonly probe: MemoryProbe | null;
  /** How fast each profile was where a probe has timed them; `null` where none did. */
  readonly speed: SpeedFacts | null;
}

/** What has to be declared before a plan can be made. While a dimension is open, values that depend on it say nothing of their own. */
export function openCauses({
  unknownDimensions,
  unknownOperators,
  unknownValues,
}: MemoryFacts): readonly MemoryUnknown[] {
  const values = unknownDimensions.length > 0 ? [] : unknownValues;
  return [...unknownDimensions, ...unknownOperators, ...values];
}
