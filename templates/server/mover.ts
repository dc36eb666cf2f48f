import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Plan } from '../../schemas/plan.ts';
import { type LoadedModel, type LoadFacts, loadInline, loadOnWorkers } from './load-model.ts';
import { logEvent, logProblem } from './log.ts';
import type { Ledger } from './scheduling/ledger.ts';
import { type LoadLine, roomWhileLoading } from './scheduling/load-line.ts';
import { LONGEST_INLINE_MS } from './scheduling/longest-inline.ts';
import type { Scheduler } from './scheduling/scheduler.ts';

export interface MoverParts {
  readonly plan: Plan;
  readonly limitBytes: number | null;
  readonly ledger: Ledger;
  readonly scheduler: Scheduler;
  /** Shares memory out anew for a model that was loaded elsewhere, and goes on with it. */
  readonly settle: (model: LoadedModel) => void;
}

const THREAD = 'the thread that takes requests in';

/** Why a model does not belong on the thread that takes requests in. */
const REASONS = {
  'too-long': `runs keep on holding ${THREAD} for more than ${LONGEST_INLINE_MS} ms`,
  'held-back': `runs of more rows would save time, and hold ${THREAD} for too long`,
} as const;

/**
 * Moves a model that the warm-up took for light, and whose runs prove to take long, to threads of its own, so that this one answers
 * health and metrics again. Requests wait meanwhile, as they would for a run.
 */
export class Mover {
  readonly #parts: MoverParts;
  #hasTried = false;
  #moving: Promise<void> | undefined;

  constructor(parts: MoverParts) {
    this.#parts = parts;
  }

  /** Settles when the model is loaded where it belongs; `undefined` where none is being moved. */
  get moving(): Promise<void> | undefined {
    return this.#moving;
  }

  /** Begins once the run that is going on is over; does nothing where it was tried before, or requests hold too much for now. */
  move(why: keyof typeof REASONS, facts: LoadFacts, inline: LoadedModel): void {
    const { plan, limitBytes, ledger, scheduler } = this.#parts;
    if (this.#hasTried) return;
    let line: LoadLine;
    try {
      line = facts.lineFor(plan.concurrency);
    } catch (error) {
      this.#hasTried = true;
      logProblem(`${REASONS[why]}, but the model stays on it: ${wordsOf(error)}`);
      return;
    }
    // Requests have to fit beside the loading, and beside the runs afterwards.
    const room = Math.min(roomWhileLoading(plan, limitBytes), line.requestsBytes);
    // Runs that follow will ask again.
    if (ledger.heldBytes > room) return;
    this.#hasTried = true;
    ledger.setCapacity(Math.min(ledger.capacityBytes, room));
    scheduler.pause();
    logProblem(`${REASONS[why]}: the model is loaded anew, on threads of its own`);
    this.#moving = nextTurn()
      .then(() => this.#reload(facts, inline))
      .finally(() => {
        this.#moving = undefined;
      });
  }

  /** Lets go of the model first: both together may be more than memory has room for. */
  async #reload(facts: LoadFacts, inline: LoadedModel): Promise<void> {
    inline.release?.();
    const model = await loadOnWorkers(facts).catch((error: unknown) => {
      logProblem(`the threads could not load the model: ${wordsOf(error)}; it is loaded where it was`);
      return loadInline(facts);
    });
    this.#parts.settle(model);
    const { workers, threads, loadMs } = model;
    logEvent('moved', { workers, threads, loadMs: Math.round(loadMs) });
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
