import type { Plan } from '../../../schemas/plan.ts';
import type { MemoryProbe, MemoryReport } from '../../nouns/memory-report.ts';
import { memoryVerdict } from '../../validate/memory/memory-verdict.ts';
import { recommendedLimit } from '../../validate/memory/plan-memory.ts';

/** Two accounts of the same run lie this near to each other: a share of what was measured, or so many bytes. */
const AGREEMENT_SHARE = 0.05;
const AGREEMENT_BYTES = 6_000_000;

/** What may come on top of a measured peak: other processes of the same kind, and other processors. */
const PROBE_SHARE = 0.03;
const PROBE_BYTES = 6_000_000;

export interface PlannedBytes {
  readonly bytes: number;
  /** The plan has the most that data can make of sizes, which made-up inputs need not reach; or the peak was not the kernel's own. */
  readonly isMost: boolean;
  /** What this machine may take more, of which the plan knows nothing. */
  readonly moreBytes: number;
}

/** Whether the server may run the rows of a request in several runs, as is good for those of others: then less is held than planned. */
export function mayRunInParts({ batching }: Pick<Plan, 'batching'>): boolean {
  return batching.state === 'proven' && batching.maxSize > 1;
}

/** Whether what was measured is what was planned; `null` where nothing was. */
export function agreement(measured: number, planned: PlannedBytes | null): boolean | null {
  if (planned === null) return null;
  const missing = measured - planned.bytes;
  const more = Math.max(0, missing - planned.moreBytes);
  const less = planned.isMost ? 0 : Math.max(0, -missing);
  const difference = Math.max(more, less);
  return difference <= Math.max(AGREEMENT_BYTES, AGREEMENT_SHARE * measured);
}

/** A report's memory with what was measured: where that is more than was planned, or nothing was, its numbers count. */
export function withProbe(memory: MemoryReport, probe: MemoryProbe): MemoryReport {
  const { upperBoundBytes, mappedBytes, limitBytes } = memory;
  const bound = Math.ceil(probe.unreclaimableBytes * (1 + PROBE_SHARE) + PROBE_BYTES);
  const isMore = upperBoundBytes === null || (probe.agrees === false && bound > upperBoundBytes);
  if (!isMore) return { ...memory, probe };
  const mapped = mappedBytes ?? probe.mappedBytes;
  const recommended = Math.max(memory.recommendedLimitBytes ?? 0, recommendedLimit(bound, mapped));
  return {
    ...memory,
    basis: 'probe',
    createPeakBytes: Math.max(memory.createPeakBytes ?? 0, probe.createPeakBytes),
    runPeakBytes: Math.max(memory.runPeakBytes ?? 0, probe.runPeakBytes ?? probe.createPeakBytes),
    unreclaimableBytes: Math.max(memory.unreclaimableBytes ?? 0, probe.unreclaimableBytes),
    upperBoundBytes: bound,
    mappedBytes: mapped,
    recommendedLimitBytes: recommended,
    verdict: memoryVerdict({ state: 'known', upperBoundBytes: bound, recommendedLimitBytes: recommended }, limitBytes),
    probe,
  };
}
