import { largePages, largePagesBytes } from '../container/cgroup/large-pages.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Finding } from '../nouns/finding.ts';
import type { MemoryProbe, MemoryReport } from '../nouns/memory-report.ts';
import { dependsOnData } from '../validate/memory/depends-on-data.ts';
import { planMemory } from '../validate/memory/plan-memory.ts';
import { failedProbe, rule } from '../validate/memory-rules/probe-failed.ts';
import { asFinding } from '../validate/rules/rule-finding.ts';
import type { ShippedProject } from './fit-project.ts';
import type { PlannedMemory } from './plan-project.ts';
import { preparedOf } from './prepared-project.ts';
import { driveProbe, type FailedProbe, type Measured } from './probe/drive-probe.ts';
import { holdInnerBounds } from './probe/hold-inner-bounds.ts';
import { placeInCgroup } from './probe/place-in-cgroup.ts';
import { placeInContainer } from './probe/place-in-container.ts';
import type { PlacedServer } from './probe/probe-place.ts';
import { timeProfiles } from './probe/time-profiles.ts';
import { agreement, mayRunInParts, type PlannedBytes, withProbe } from './probe/with-probe.ts';
import { planOptions } from './settle-profile.ts';
import type { Workbench } from './workbench.ts';

/** Whether the plan is held against a run: never, where this machine can, or else it is a failure; there, or in a place of choice. */
export type ProbeWish = 'never' | 'if-possible' | 'must' | ProbePlace;
export type ProbePlace = keyof typeof PLACES;

export interface ProbedProject extends ShippedProject {
  readonly planned: PlannedMemory;
}

export interface ProbeResult {
  readonly planned: PlannedMemory;
  readonly findings: readonly Finding[];
}

/** Start, warm-up and six requests; what is not through by then under the recommended limit never will be of use. */
const PATIENCE_MS = 180_000;

/** Where a probe may run, the nearest first: a cgroup needs no engine, and no image to be loaded. */
const PLACES = { cgroup: placeInCgroup, container: placeInContainer } as const;

/**
 * Runs the packaged server under the recommended limit, at its bounds, and holds the kernel's own count against the plan. What is
 * measured goes into the report and nowhere else: it must not reach the lock or the image.
 * @throws Failure `probe/impossible` where the probe must run and this machine has no place for it.
 */
export async function probeProject(
  shipped: ProbedProject,
  { wish, bench }: { readonly wish: ProbeWish; readonly bench: Workbench },
): Promise<ProbeResult> {
  const { planned } = shipped;
  if (wish === 'never' || planned.memory === null) return { planned, findings: [] };
  const exceeded = await holdInnerBounds(shipped, bench);
  // Building an image shows no report of it, and does not wait for it.
  const speed = wish === 'if-possible' ? null : await speedOf(shipped, bench);
  const probed = await probeMemory(shipped, { wish, bench, memory: { ...planned.memory, speed } });
  return { planned: probed.planned, findings: [...exceeded, ...probed.findings] };
}

async function speedOf(shipped: ProbedProject, bench: Workbench): Promise<MemoryReport['speed']> {
  const step = bench.progress.step('time the profiles');
  const speed = await timeProfiles(shipped, bench);
  step.done(speed === null ? 'no run that could be timed' : `${speed.rounds} rounds`);
  return speed;
}

interface ProbeFacts {
  readonly wish: Exclude<ProbeWish, 'never'>;
  readonly bench: Workbench;
  readonly memory: MemoryReport;
}

async function probeMemory(shipped: ProbedProject, { wish, bench, memory }: ProbeFacts): Promise<ProbeResult> {
  const { project } = shipped;
  const planned = { memory };
  const limitBytes = memory.recommendedLimitBytes ?? project.config.budget.memory ?? null;
  const whys: string[] = [];
  for (const place of placesFor(wish)) {
    const placed = await place(shipped, { limitBytes, bench });
    if ('why' in placed) {
      whys.push(placed.why);
      continue;
    }
    const step = bench.progress.step('probe the memory');
    const outcome = await drive(placed, { shipped, bench });
    step.done(outcome.state === 'measured' ? `in a ${placed.place}` : outcome.why);
    return outcome.state === 'failed'
      ? { planned, findings: findingsOf(outcome, { shipped, limitBytes }) }
      : { planned: { memory: measuredMemory(memory, { ...outcome, placed, limitBytes, shipped }) }, findings: [] };
  }
  if (wish !== 'if-possible') throw impossible(whys);
  bench.progress.note(`the memory plan is not held against a run on this machine: ${whys.join('; ')}`);
  return { planned, findings: [] };
}

function placesFor(wish: Exclude<ProbeWish, 'never'>) {
  return wish === 'cgroup' || wish === 'container' ? [PLACES[wish]] : Object.values(PLACES);
}

async function drive(
  placed: PlacedServer,
  { shipped, bench }: { readonly shipped: ProbedProject; readonly bench: Workbench },
): Promise<(Measured & { readonly mappedBytes: number }) | FailedProbe> {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  const signal = bench.signal ? AbortSignal.any([bench.signal, patience]) : patience;
  try {
    const outcome = await driveProbe(placed.server, {
      plan: shipped.plan,
      example: shipped.example,
      meter: placed.meter,
      ready: placed.ready,
      signal,
    });
    bench.signal?.throwIfAborted();
    if (outcome.state === 'measured') return { ...outcome, mappedBytes: placed.mappedBytes() };
    const said = placed.lastLine();
    return said === '' ? outcome : { ...outcome, why: `${outcome.why}; it said: ${said}` };
  } finally {
    await placed.remove();
  }
}

interface MeasuredFacts extends Measured {
  readonly mappedBytes: number;
  readonly placed: PlacedServer;
  readonly limitBytes: number | null;
  readonly shipped: ProbedProject;
}

function measuredMemory(memory: MemoryReport, facts: MeasuredFacts): MemoryReport {
  const { createPeakBytes, runPeakBytes, placed, limitBytes, mappedBytes } = facts;
  const unreclaimableBytes = Math.max(createPeakBytes, runPeakBytes ?? 0);
  const planned = plannedFor(facts);
  const probe: MemoryProbe = {
    place: placed.place,
    cgroup: placed.cgroup,
    limitBytes,
    requests: facts.requests,
    fed: facts.fed,
    createPeakBytes,
    runPeakBytes,
    unreclaimableBytes,
    mappedBytes,
    plannedBytes: planned?.bytes ?? null,
    agrees: agreement(unreclaimableBytes, planned),
  };
  return withProbe(memory, probe);
}

/** What the plan says of just these few requests: after hundreds there is more garbage, which the report's own numbers have. */
function plannedFor({ shipped, requests, transport, fed, placed }: MeasuredFacts): PlannedBytes | null {
  const { assayed, project, plan: shippedPlan } = shipped;
  if (fed === 'case' || assayed.form === 'original') return null;
  const options = planOptions(project.config, preparedOf(assayed).model);
  const seat = placed.seat();
  const here = { profile: shippedPlan.profile, transport, earlierRequests: requests };
  const plan = planMemory({ ...options, ...here, ...(seat && { seat }) });
  if (plan.state === 'unknown') return null;
  return {
    bytes: Math.round(plan.unreclaimableBytes),
    isMost: dependsOnData(options.model, options.bounds) || mayRunInParts(shippedPlan) || !placed.meter.keepsPeak,
    moreBytes: largePages() === 'always' ? largePagesBytes(seat === 'worker' ? shippedPlan.concurrency : 0) : 0,
  };
}

interface FailureFacts {
  readonly shipped: ProbedProject;
  readonly limitBytes: number | null;
}

function findingsOf({ how, why }: FailedProbe, { shipped, limitBytes }: FailureFacts): readonly Finding[] {
  const { modelPath } = shipped.project;
  return [asFinding({ rule, violation: failedProbe({ how, why, limitBytes }), file: modelPath, isHinted: false })];
}

function impossible(whys: readonly string[]): Failure {
  return new Failure(`--probe: this machine has no place to measure memory in: ${whys.join('; ')}`, {
    code: 'probe/impossible',
    exit: EXIT.usage,
    mend: 'Run it where a container engine is, or as a user who may make memory cgroups; or leave --probe out and go by the plan.',
  });
}
