import { dirname, resolve } from 'node:path';
import type { Plan } from '../../schemas/plan.ts';
import { readControlGroupLimits } from './cgroup.ts';
import { Doors } from './doors.ts';
import type { Phase } from './inference.ts';
import { loadPlan } from './load-plan.ts';
import { logEvent, logProblem } from './log.ts';
import { OptionError, type Options } from './options.ts';
import { unreclaimableBytes } from './process-memory.ts';
import { makeBatchRule } from './scheduling/batch-rule.ts';
import { makeInlineRunner } from './scheduling/inline-runner.ts';
import { Ledger } from './scheduling/ledger.ts';
import { type LoadLine, mib, settleLoadLine } from './scheduling/load-line.ts';
import { makeNeeds } from './scheduling/needs.ts';
import { Scheduler } from './scheduling/scheduler.ts';
import { openSession } from './session.ts';
import { makeSignature, type Signature } from './signature.ts';
import { stopOnSignal } from './stop.ts';
import { threadsPerSession, withThreads } from './threads.ts';
import { warmUp } from './warm-up.ts';

/** Set by the bundler from the project's package.json. */
declare const SERVER_VERSION: string;

/**
 * Serves the plan's model until a signal comes: listens first, so that a taken port is told at once and probes get an
 * answer, then loads the model and warms it up.
 *
 * @throws OptionError where the environment or the plan is at fault, Error where the model cannot be loaded
 */
export async function startServer(options: Options): Promise<void> {
  let phase: Phase = 'starting';
  const plan = loadPlan(options.plan);
  const signature = signatureOf(plan);
  const limits = readControlGroupLimits();
  const limitBytes = limits.memoryBytes ?? plan.memoryBytes;
  let loadLine = settleLoadLine({ plan, limitBytes, workers: 0, measuredBytes: 0 });
  const ledger = new Ledger();
  const scheduler = new Scheduler({
    capacity: plan.limits.queue,
    rule: makeBatchRule(plan, signature),
    ledger,
    needs: () => needs,
  });
  let needs = makeNeeds({ signature, table: plan.memory, loadLine });
  const doors = new Doors({
    options,
    plan,
    signature,
    queue: scheduler,
    phase: () => phase,
    serverVersion: SERVER_VERSION,
    onTraffic: () => scheduler.noteTraffic(),
  });
  stopOnSignal(doors, {
    graceSeconds: options.graceSeconds,
    onStop: () => {
      phase = 'draining';
    },
  });
  const ports = await doors.listen();
  const begun = performance.now();
  const threads = threadsPerSession(limits, 1);
  const session = openSession(
    resolve(dirname(options.plan), plan.model.file),
    withThreads(plan.sessionOptions, threads),
  );
  const loadMs = performance.now() - begun;
  await answerOthers();
  const warmedUp = warmUp({
    plan,
    signature,
    session,
    maxSize: loadLine.maxSize,
    budgetMs: Math.max(WARM_UP_MS, WARM_UP_SHARE * loadMs),
    times: scheduler.warmTimes,
  });
  await answerOthers();
  if (warmedUp.state === 'failed') {
    logProblem(`the warm-up run failed; the first requests may be slower: ${warmedUp.why}`);
  }
  if (phase !== 'starting') return;
  loadLine = settleLoadLine({ plan, limitBytes, workers: 0, measuredBytes: unreclaimableBytes() });
  needs = makeNeeds({ signature, table: plan.memory, loadLine });
  ledger.setCapacity(loadLine.requestsBytes);
  if (loadLine.cuts.length > 0) logProblem(tellCuts(loadLine, plan));
  scheduler.start(makeInlineRunner(session), LONGEST_INLINE_MS);
  phase = 'ready';
  logEvent('ready', {
    readyMs: Math.round(performance.now()),
    model: signature.name,
    version: signature.version,
    ...ports,
    warmUp: warmedUp.state,
  });
}

/** How long the warm-up may take beyond a first run: this share of what loading took, and never less than so much. */
const WARM_UP_SHARE = 0.2;
const WARM_UP_MS = 50;

/** A longer run would keep those waiting who only ask whether the server is well. */
const LONGEST_INLINE_MS = 20;

function tellCuts({ limitBytes, cuts }: LoadLine, { memory }: Plan): string {
  const planned = memory === null ? '' : `; ${mib(memory.recommendedLimitBytes)} was planned for`;
  return `the memory limit is ${mib(limitBytes ?? 0)}${planned}: ${cuts.join(', ')}`;
}

function signatureOf(plan: Parameters<typeof makeSignature>[0]): Signature {
  try {
    return makeSignature(plan);
  } catch (error) {
    throw new OptionError(`the plan cannot be served: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Enough turns of the loop to accept a connection, read its request and write the answer. */
const ANSWER_TURNS = 5;

/** Loading and running block the loop; in between, whoever has asked meanwhile gets an answer. */
async function answerOthers(): Promise<void> {
  for (let turn = 0; turn < ANSWER_TURNS; turn++) await new Promise((done) => setImmediate(done));
}
