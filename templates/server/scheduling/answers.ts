import { RequestError } from '../request-error.ts';
import type { Tensors } from '../tensor.ts';
import { Collected, outputsOfPart } from './collected.ts';
import type { FairQueue, Part } from './fair-queue.ts';
import type { Needs } from './needs.ts';
import type { SchedulerObserver } from './observer.ts';
import type { PendingJob } from './pending-job.ts';
import type { Outcome } from './runner.ts';

interface AnswersOptions {
  readonly needs: () => Needs;
  readonly observer: SchedulerObserver;
  /** Of which jobs that fail are dropped. */
  readonly queue: FairQueue;
}

type Ran = Extract<Outcome, { readonly ok: true }>;

/** Hands every job its own rows of what a run has given, or why there are none. */
export class Answers {
  readonly #options: AnswersOptions;

  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** Gives the parts of a failed run that are each to be run again by itself: one job's values must not fail the others'. */
  handOut(parts: readonly Part[], rows: number, outcome: Outcome): readonly Part[] {
    if (!outcome.ok && parts.length > 1) return parts;
    let offset = 0;
    for (const part of parts) {
      try {
        if (!outcome.ok) throw outcome.error;
        this.#answer(part, outcome, { offset, rows });
      } catch (error) {
        this.#fail(part.pending as PendingJob, error);
      }
      offset += part.to - part.from;
    }
    return [];
  }

  #fail(pending: PendingJob, error: unknown): void {
    const { observer, queue } = this.#options;
    observer.failed(error instanceof RequestError && error.status < 500);
    queue.drop(pending);
    pending.fail(error);
  }

  #answer(
    part: Part,
    { outputs, milliseconds }: Ran,
    { offset, rows }: { readonly offset: number; readonly rows: number },
  ): void {
    const { needs, observer } = this.#options;
    const pending = part.pending as PendingJob;
    if (pending.isSettled) return;
    pending.computeMs += milliseconds;
    const whole = pending.group === null ? outputs : wholeOf(part, outputsOfPart(outputs, offset, part, rows));
    if (whole === undefined) return;
    needs().learn(pending.job, whole);
    observer.succeeded(pending.succeed(whole, rows));
  }
}

/** All outputs of the job, once this part was the last that was missing. */
function wholeOf({ pending, from, to }: Part, own: Tensors): Tensors | undefined {
  if (to - from === pending.rows) return own;
  const job = pending as PendingJob;
  job.collected ??= new Collected(job.rows);
  return job.collected.add(own, from, to);
}
