import type { RunFacts } from '../job.ts';

/** Why a job was not run. */
export type Refusal = 'queue-full' | 'memory-full' | 'never-fits' | 'deadline' | 'client-gone';

/** Who wants to know what the scheduler does. */
export interface SchedulerObserver {
  refused(reason: Refusal): void;
  /** A job's first rows go into a run. */
  waited(milliseconds: number): void;
  ran(facts: { readonly rows: number; readonly jobs: number; readonly milliseconds: number }): void;
  succeeded(facts: RunFacts): void;
  /** Whether it was the client's own doing. */
  failed(isClients: boolean): void;
}

export const NOBODY: SchedulerObserver = { refused() {}, waited() {}, ran() {}, succeeded() {}, failed() {} };
