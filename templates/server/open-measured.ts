import { dirname, resolve } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import type { Plan } from '../../schemas/plan.ts';
import { RunTimes } from './scheduling/run-times.ts';
import { openSession, type Session } from './session.ts';
import type { Signature } from './signature.ts';
import type { Tensors } from './tensor.ts';
import { type WarmUp, warmUp } from './warm-up.ts';

export interface OpenFacts {
  readonly plan: Plan;
  readonly planPath: string;
  readonly signature: Signature;
  /** For the warm-up, which lets it go: the plan's example as tensors, so that a thread need not know how requests are read, or why it is none. */
  readonly example: Tensors | Error | undefined;
  readonly sessionOptions: Readonly<Record<string, unknown>>;
  /** Rows of the largest run. */
  readonly maxSize: number;
}

export interface Opened {
  readonly session: Session;
  readonly loadMs: number;
  readonly warmUp: WarmUp;
  readonly times: Readonly<Record<number, number>>;
}

/** How long the warm-up may take beyond a first run: this share of what loading took, and never less than so much. */
const WARM_UP_SHARE = 0.05;
const WARM_UP_MS = 50;

/** Loads the plan's model on this thread, warms it up and measures it. */
export function openMeasured({ plan, planPath, sessionOptions, ...facts }: OpenFacts): Opened {
  const begun = performance.now();
  const session = openSession(resolve(dirname(planPath), plan.model.file), sessionOptions);
  const loadMs = performance.now() - begun;
  const times = new RunTimes(facts.maxSize);
  const budgetMs = Math.max(WARM_UP_MS, WARM_UP_SHARE * loadMs);
  const warmedUp = warmUp({ ...facts, plan, session, budgetMs, isOnThread: !isMainThread, times });
  return { session, loadMs, warmUp: warmedUp, times: times.measured };
}
