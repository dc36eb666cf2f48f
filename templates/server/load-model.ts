import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import workerProgram from 'worker-program';
import type { Plan } from '../../schemas/plan.ts';
import type { ControlGroupLimits } from './cgroup.ts';
import { logProblem } from './log.ts';
import { type OpenFacts, openMeasured } from './open-measured.ts';
import { readExample } from './read-example.ts';
import { makeInlineRunner } from './scheduling/inline-runner.ts';
import type { LoadLine } from './scheduling/load-line.ts';
import { LONGEST_INLINE_MS } from './scheduling/longest-inline.ts';
import type { Runner } from './scheduling/runner.ts';
import type { WorkerReady, WorkerSetup } from './scheduling/worker-messages.ts';
import { WorkerPool } from './scheduling/worker-pool.ts';
import type { Signature } from './signature.ts';
import { threadsPerSession, withThreads } from './threads.ts';

export interface LoadFacts {
  readonly plan: Plan;
  readonly planPath: string;
  readonly signature: Signature;
  readonly limits: ControlGroupLimits;
  /** How memory is shared out with so many threads that have sessions of their own. */
  readonly lineFor: (workers: number) => LoadLine;
  readonly onFree: () => void;
  readonly onCrash: () => void;
  /** Runs on this thread keep on taking longer than it may be held, whatever the warm-up measured. */
  readonly onProvenHeavy: () => void;
}

/** A model that is ready to run, and where it does. */
export interface LoadedModel extends Omit<WorkerReady, 'kind'> {
  readonly runner: Runner;
  /** Threads with sessions of their own; 0 where it runs on this one. */
  readonly workers: number;
  /** Threads of the runtime for each session. */
  readonly threads: number;
  /** No run is made longer than this by joining rows. */
  readonly longestRunMs: number;
  /** Whether anything could run now or soon. */
  readonly isAlive: () => boolean;
  /** Lets go of a model that runs on this thread. */
  readonly release?: () => void;
  /** Settles when no thread is loading the model, and lets none begin to. */
  readonly stopStarting: () => Promise<void>;
}

/** A run that is shorter loses more on its way to another thread than this one loses by running it. */
const SHORTEST_WORKER_MS = 5;

/**
 * From so many bytes of weights and activations on a row is expected to take long: it is some 20 ms of reading memory. Only
 * where the model is loaded first depends on it; the measured time has the last word.
 */
const HEAVY_BYTES = 128 * 2 ** 20;

/**
 * Loads the model where it belongs by the time that a row takes: a light one on this thread, a heavy one on threads of its own.
 * A wrong guess costs a second loading.
 */
export async function loadModel(facts: LoadFacts): Promise<LoadedModel> {
  if (!isExpectedHeavy(facts.plan, facts.planPath)) {
    const inline = loadInline(facts);
    if (inline.warmUp.runMs <= LONGEST_INLINE_MS) return inline;
    inline.release?.();
    return loadOnWorkers(facts);
  }
  const pooled = await loadOnWorkers(facts);
  if (pooled.warmUp.state === 'failed' || pooled.warmUp.runMs > SHORTEST_WORKER_MS) return pooled;
  await pooled.close();
  return loadInline(facts);
}

/** Whether a row is expected to take long. */
export function isExpectedHeavy(plan: Plan, planPath: string): boolean {
  const graphBytes = statSync(resolve(dirname(planPath), plan.model.file), { throwIfNoEntry: false })?.size ?? 0;
  const weightBytes = plan.model.data.reduce((sum, { bytes }) => sum + bytes, graphBytes);
  return weightBytes + (plan.memory?.runBytes[0] ?? 0) >= HEAVY_BYTES;
}

/** What differs by the number of threads with sessions of their own; 0 for this one. */
function shareOf(
  { plan, limits, lineFor }: LoadFacts,
  sessions: number,
): Pick<OpenFacts, 'maxSize' | 'sessionOptions'> & Pick<LoadedModel, 'threads'> {
  const threads = threadsPerSession(limits, Math.max(1, sessions));
  return { threads, maxSize: lineFor(sessions).maxSize, sessionOptions: withThreads(plan.sessionOptions, threads) };
}

/** On this thread. */
export function loadInline(facts: LoadFacts): LoadedModel {
  const { threads, ...share } = shareOf(facts, 0);
  const example = readExample(facts.plan, facts.signature);
  const { session, ...measured } = openMeasured({ ...facts, ...share, example });
  return {
    ...measured,
    runner: makeInlineRunner(session, facts.onProvenHeavy),
    workers: 0,
    threads,
    // One whose rows are no loss to another thread may as well be moved there.
    longestRunMs: measured.warmUp.runMs > SHORTEST_WORKER_MS ? LONGEST_INLINE_MS / 2 : LONGEST_INLINE_MS,
    isAlive: () => true,
    stopStarting: async () => {},
    release: () => session.release(),
  };
}

/** On threads with sessions of their own, as many as memory has room for. */
export async function loadOnWorkers(facts: LoadFacts): Promise<LoadedModel & { readonly close: () => Promise<void> }> {
  const { plan, planPath, signature, onFree, onCrash } = facts;
  const { concurrency } = facts.lineFor(plan.concurrency);
  const { threads, ...share } = shareOf(facts, concurrency);
  // A thread gets a copy of its own: one that were kept for those that are started again would be held for as long as this process lives.
  const setup = (): WorkerSetup => ({
    ...share,
    serverUrl: import.meta.url,
    planPath,
    example: readExample(plan, signature),
  });
  const pool = new WorkerPool({
    size: concurrency,
    spawn: () => new Worker(workerProgram, { eval: true, workerData: setup() }),
    onFree,
    onCrash: (why, restartMs) => {
      logProblem(`a thread that runs the model has ended: ${why}; it is started again in ${restartMs} ms`);
      onCrash();
    },
  });
  const { kind: _, ...ready } = await pool.start().catch(async (error: unknown) => {
    await pool.close();
    throw error;
  });
  return {
    ...ready,
    runner: pool,
    workers: concurrency,
    threads,
    longestRunMs: Number.POSITIVE_INFINITY,
    isAlive: () => pool.alive > 0,
    stopStarting: () => pool.stopStarting(),
    close: () => pool.close(),
  };
}
