import { readFileSync } from 'node:fs';
import type { Plan } from '../../schemas/plan.ts';
import { readControlGroupLimits } from './cgroup.ts';
import { environmentProblems } from './check-environment.ts';
import { sessionOptionProblems } from './check-session-options.ts';
import { Doors } from './doors.ts';
import { setEngineFlags } from './engine-flags.ts';
import type { Phase } from './inference.ts';
import { hasLargePages, largePagesBytes } from './large-pages.ts';
import { isExpectedHeavy, type LoadedModel, type LoadFacts, loadModel } from './load-model.ts';
import { loadPlan } from './load-plan.ts';
import { logEvent, logProblem, writeOut } from './log.ts';
import { Mover } from './mover.ts';
import { makeLineWriter } from './observe/line-writer.ts';
import { Metrics } from './observe/metrics.ts';
import { SpanExporter } from './observe/span-exporter.ts';
import { Trails } from './observe/trails.ts';
import { OptionError } from './option-error.ts';
import type { Options } from './options.ts';
import { unreclaimableBytes } from './process-memory.ts';
import { makeBatchRule } from './scheduling/batch-rule.ts';
import { Ledger } from './scheduling/ledger.ts';
import { type LoadLine, mib, settleLoadLine } from './scheduling/load-line.ts';
import { makeNeeds } from './scheduling/needs.ts';
import { Scheduler } from './scheduling/scheduler.ts';
import { makeSignature, type Signature } from './signature.ts';
import { stopOnSignal } from './stop.ts';
import { verifyModel } from './verify-model.ts';

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
  let loaded: LoadedModel | undefined;
  let loading: Promise<LoadedModel> | undefined;
  const plan = loadPlan(options.plan);
  assertEnvironment(plan);
  // A thread for a heavy model has yet to be started.
  if (!isExpectedHeavy(plan, options.plan)) setEngineFlags();
  const signature = signatureOf(plan);
  const limits = readControlGroupLimits();
  const limitBytes = limits.memoryBytes ?? plan.memoryBytes;
  const largePages = hasLargePages();
  const lineFor = (workers: number): LoadLine =>
    settleLoadLine({ plan, limitBytes, workers, largePages, measuredBytes: unreclaimableBytes() });
  let needs = makeNeeds({ signature, table: plan.memory, loadLine: lineFor(0) });
  const ledger = new Ledger();
  const isReady = (): boolean => phase === 'ready' && loaded?.isAlive() === true;
  const metrics = new Metrics({
    model: signature.name,
    modelVersion: signature.version,
    serverVersion: SERVER_VERSION,
    waiting: () => scheduler.waiting,
    heldBytes: () => ledger.heldBytes,
    capacityBytes: () => ledger.capacityBytes,
    limitBytes: () => limitBytes,
    workers: () => loaded?.workers ?? 0,
    isReady,
  });
  const scheduler = new Scheduler({
    capacity: plan.limits.queue,
    rule: makeBatchRule(plan, signature),
    ledger,
    needs: () => needs,
    observer: metrics,
  });
  const exporter = makeExporter(options, signature);
  const doors = new Doors({
    options,
    plan,
    signature,
    queue: scheduler,
    // With no thread left to run it, a model is being loaded again.
    phase: () => (phase === 'ready' && !isReady() ? 'starting' : phase),
    serverVersion: SERVER_VERSION,
    onTraffic: () => scheduler.noteTraffic(),
    metrics,
    trails: new Trails({ log: options.accessLog === 'json' ? makeLineWriter(writeOut) : undefined, exporter }),
  });
  const settle = (model: LoadedModel): LoadLine => {
    const loadLine = lineFor(model.workers);
    loaded = model;
    needs = makeNeeds({ signature, table: plan.memory, loadLine });
    ledger.setCapacity(loadLine.requestsBytes);
    const { times, longestRunMs } = model;
    scheduler.start(model.runner, { times, longestRunMs, onHeldBack: () => mover.move('held-back', facts, model) });
    return loadLine;
  };
  const mover = new Mover({ plan, limitBytes, ledger, scheduler, settle });
  stopOnSignal(doors, {
    graceSeconds: options.graceSeconds,
    // The runtime aborts where the process ends under a thread that loads the model, which would not be exit 0.
    beforeExit: async () => {
      await loading;
      await mover.moving;
      await loaded?.stopStarting();
    },
    isRunning: () => loaded === undefined || mover.moving !== undefined || loaded.runner.free < loaded.workers,
    onDrained: () => exporter?.flush(),
    onStop: () => {
      phase = 'draining';
    },
  });
  const ports = await doors.listen();
  const verification = await verifyModel(plan, options.plan);
  await answerOthers();
  if (phase !== 'starting') return;
  const facts: LoadFacts = {
    plan,
    planPath: options.plan,
    signature,
    limits,
    lineFor,
    onFree: () => scheduler.wake(),
    onCrash: () => metrics.crashed(),
    onProvenHeavy: () => loaded && mover.move('too-long', facts, loaded),
  };
  loading = loadModel(facts);
  loaded = await loading;
  await answerOthers();
  if (loaded.warmUp.state === 'failed') {
    logProblem(`the warm-up run failed; the first requests may be slower: ${loaded.warmUp.why}`);
  }
  if (phase !== 'starting') return;
  const loadLine = settle(loaded);
  if (loadLine.cuts.length > 0) logProblem(tellCuts(loadLine, plan));
  if (largePages && limitBytes !== null && plan.memory !== null) logProblem(tellLargePages(loaded.workers));
  phase = 'ready';
  logEvent('ready', {
    readyMs: Math.round(performance.now()),
    model: signature.name,
    version: signature.version,
    ...ports,
    warmUp: loaded.warmUp.state,
    loadMs: Math.round(loaded.loadMs),
    runMs: Math.round(1000 * loaded.warmUp.runMs) / 1000,
    workers: loaded.workers,
    threads: loaded.threads,
  });
  await verification.later();
}

function makeExporter(options: Options, { name, version }: Signature): SpanExporter | undefined {
  if (options.otlpEndpoint === undefined) return undefined;
  return new SpanExporter({
    endpoint: options.otlpEndpoint,
    headers: options.otlpHeaders,
    resource: { 'service.name': options.serviceName ?? name, 'service.version': version },
    version: SERVER_VERSION,
    onProblem: logProblem,
  });
}

function tellCuts({ limitBytes, cuts }: LoadLine, { memory }: Plan): string {
  const planned = memory === null ? '' : `; ${mib(memory.recommendedLimitBytes)} was planned for`;
  return `the memory limit is ${mib(limitBytes ?? 0)}${planned}: ${cuts.join(', ')}`;
}

/** The recommended limit has room for it, which mapped files then do without. */
function tellLargePages(workers: number): string {
  return `the kernel gives large pages to all memory: up to ${mib(largePagesBytes(workers))} more than planned. Whoever runs this machine can write madvise to /sys/kernel/mm/transparent_hugepage/enabled`;
}

/** A memory limit that is planned to the megabyte holds only where memory is allocated as planned. */
function assertEnvironment(plan: Plan): void {
  const start = { environment: process.env, nodeArguments: process.execArgv, mappings: ownMappings() };
  const problems = [...environmentProblems(plan, start), ...sessionOptionProblems(plan)];
  if (problems.length === 0) return;
  const planned = plan.memory === null ? '' : ` (${mib(plan.memory.recommendedLimitBytes)} was planned for)`;
  const told = `${problems.join('; ')}${planned}`;
  if (plan.memoryBytes === null) logProblem(`this server may take far more memory than planned: ${told}`);
  else
    throw new OptionError(
      `the memory budget of ${mib(plan.memoryBytes)} cannot be kept: ${told}. Start it with the image's own environment, command and plan`,
    );
}

function ownMappings(): string {
  try {
    return readFileSync('/proc/self/maps', 'utf8');
  } catch {
    return '';
  }
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
