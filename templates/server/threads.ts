import { availableParallelism } from 'node:os';
import type { ControlGroupLimits } from './cgroup.ts';

/**
 * Threads of the runtime for each of so many sessions: together as many as there are processors for this process, by its
 * affinity and by its control group's quota. More than the quota would be stopped together for the rest of each period.
 */
export function threadsPerSession({ processors }: ControlGroupLimits, sessions: number): number {
  const available = Math.min(availableParallelism(), Math.max(1, Math.floor(processors ?? Number.POSITIVE_INFINITY)));
  return Math.min(MOST_THREADS, Math.max(1, Math.floor(available / sessions)));
}

/**
 * The memory plan leaves room for so many: each takes a stack, and up to 132 KiB of patches in a convolution. A single request gains
 * little from more; `serve.concurrency` puts them to use.
 */
const MOST_THREADS = 16;

/** The plan's session options, and as many threads as there are processors to run them. */
export function withThreads(
  options: Readonly<Record<string, unknown>>,
  threads: number,
): Readonly<Record<string, unknown>> {
  if (options.intraOpNumThreads !== undefined) return options;
  const extra = (options.extra ?? {}) as { readonly session?: object };
  // Threads that wait for work by turning round take the time of those that take requests in.
  const session = { ...extra.session, 'intra_op.allow_spinning': '0' };
  return { ...options, intraOpNumThreads: threads, ...(threads > 1 && { extra: { ...extra, session } }) };
}
