import type { CaseTensor } from '../../schemas/case.ts';
import type { Plan } from '../../schemas/plan.ts';
import { type Finding, hasErrors } from '../nouns/finding.ts';
import type { Lock } from '../nouns/lock.ts';
import type { Verdict } from '../nouns/report.ts';
import type { Model } from '../onnx/model.ts';
import { readLock } from '../project/lock-file.ts';
import { type Project, readProject, type Selection } from '../project/read-project.ts';
import type { SettledFindings } from '../validate/rules/apply-rule-settings.ts';
import { type AssayFacts, assayProject } from './assay-project.ts';
import type { AssayedProject } from './assay-record.ts';
import { assertExample } from './assert-example.ts';
import { untriedPreparation } from './cached-preparation.ts';
import { type CheckedProject, checkProject, settleFindings } from './check-project.ts';
import { disagreement } from './disagreement.ts';
import { type Headstart, headstart } from './headstart.ts';
import { estimateImages, imageBudget } from './image-budget.ts';
import { makePlan } from './make-plan.ts';
import { measureModel, wholeDigest } from './measure-model.ts';
import type { ModelLayerAhead } from './model-layer-ahead.ts';
import { placedModel } from './placed-model.ts';
import { isMemoryOpen, memoryFindings, type PlannedMemory, planProject } from './plan-project.ts';
import { preparedOf } from './prepared-project.ts';
import { type ProbeWish, probeProject } from './probe-project.ts';
import { readExample } from './read-example.ts';
import { assertCurrentConversion } from './settle-conversion.ts';
import { settleProfile } from './settle-profile.ts';
import { type HostRuntime, settleRuntime } from './settle-runtime.ts';
import type { Workbench } from './workbench.ts';

/** A project whose model was read and checked, and assayed and planned as far as that went. */
interface JudgedProject extends SettledFindings {
  readonly project: Project;
  readonly checked: CheckedProject;
  /** `null` where nothing ships that could be planned. */
  readonly planned: PlannedMemory | null;
}

/** What ships of a project, with the plan by which it will be served. */
export interface ShippedProject {
  readonly project: Project;
  readonly checked: CheckedProject;
  readonly lock: Lock | undefined;
  /** The model's files by digest. */
  readonly files: Lock['model'];
  readonly runtime: HostRuntime;
  readonly assayed: AssayedProject;
  readonly plan: Plan;
  /** Inputs of the first case, where the project has cases. */
  readonly example: readonly CaseTensor[] | undefined;
}

/** One that is fit to ship. */
export interface FitProject extends JudgedProject, ShippedProject {
  readonly verdict: 'pass';
  readonly planned: PlannedMemory;
}

export interface UnfitProject extends JudgedProject {
  readonly verdict: 'fail' | 'inconclusive';
  readonly files?: Lock['model'];
  readonly assayed?: AssayedProject;
}

export interface FitOptions {
  /** Ask the runtime also where the file's own checks found errors: for judging, not for shipping. */
  readonly askAnyway?: boolean;
  /** Take the runtime that is locked, also where the configuration names another. */
  readonly keepRuntime?: boolean;
  /** Hold the plan against the packaged server in a container or cgroup; `never` where left out. */
  readonly probe?: ProbeWish;
  /** Begins to pack what is tried. */
  readonly ahead?: ModelLayerAhead;
  /** Told when the model begins to be tried by the runtime, while there is little else to do. */
  readonly onTrial?: (lock: Lock | undefined) => void;
}

/** Reads a project and finds out whether its model is fit to ship. Throws a Failure where there is no model to judge. */
export async function fitProject(
  selection: string | Selection,
  bench: Workbench,
  { askAnyway = false, keepRuntime = false, probe = 'never', ahead, onTrial = () => {} }: FitOptions = {},
): Promise<FitProject | UnfitProject> {
  const read = await readProject(selection, bench.machine.workingFolder);
  await assertCurrentConversion(read);
  const start = await headstart(read, bench);
  try {
    return await judgeFitness(read, { bench, start, askAnyway, keepRuntime, probe, ahead, onTrial });
  } finally {
    start.process?.abandon();
  }
}

interface Judging extends Required<Omit<FitOptions, 'ahead'>> {
  readonly bench: Workbench;
  readonly start: Headstart;
  readonly ahead: ModelLayerAhead | undefined;
}

async function judgeFitness(
  read: Project,
  { bench, start, askAnyway, keepRuntime, probe, ahead, onTrial }: Judging,
): Promise<FitProject | UnfitProject> {
  const lock = await readLock(read.lockPath);
  const project = keepRuntime && lock ? withRuntime(read, lock.onnxruntime.version) : read;
  const example = await readExample(project);

  const checked = checkProject(project, example);
  if (example) assertExample(example, checked.model);
  const atFirst = settleFindings(checked.findings, project);
  const mayAsk = askAnyway && checked.files.length > 0;
  if (hasErrors(atFirst.findings) && !mayAsk) return { verdict: 'fail', project, checked, planned: null, ...atFirst };

  const hashed = measureModel(checked, start.digestOf);
  // Whoever needs the digests is told what goes wrong.
  const settled = hashed.catch(() => {});
  const runtime = await settleRuntime(project, { lock, bench }).catch(async (error: unknown) => {
    // Who is told of a failure finds nothing going on behind it, such as a digest on its way into the cache.
    await settled;
    throw error;
  });
  start.process?.load(runtime.folder);
  const trying: AssayFacts['onTrial'] = (shipped) => {
    onTrial(lock);
    // What the probe will run is put in its place meanwhile; what hinders that is told when it is wanted.
    if (probe !== 'never') shipped.then((files) => placedModel(files, bench)).catch(() => {});
  };
  const assayed = await assayProject(
    { project, checked, files: hashed, runtime, example, ahead: start.process, layer: ahead, onTrial: trying },
    bench,
  );
  const files = await hashed;
  const about = [
    ...checked.findings,
    ...assayed.findings,
    ...disagreement(checked.findings, assayed, project.modelPath),
    ...(askAnyway ? imageBudget(project, estimateImages(lock, assayed.files)) : []),
  ];
  const prepared = assayed.verdict === 'accepted' ? preparedOf(assayed) : null;
  const profile = prepared && settleProfile(project.config, prepared);
  const planned =
    prepared && profile
      ? planProject(project, prepared, profile)
      : await planOfUntried(assayed, { project, checked, files, runtime, cache: bench.cache });
  const first = judge({ project, model: checked.model, assayed, planned, findings: about });
  if (prepared === null || profile === null || planned === null || first.verdict === 'fail')
    return unfit({ ...first, project, checked, planned, files, assayed });

  const recommendedLimitBytes = planned.memory?.recommendedLimitBytes ?? null;
  const plan = makePlan({ project, checked, files, assayed, profile, example, recommendedLimitBytes });
  const shipped = { project, checked, lock, files, runtime, assayed, plan, example };
  const probed = await probeProject({ ...shipped, planned }, { wish: probe, bench });
  const last = judge({
    project,
    model: checked.model,
    assayed,
    planned: probed.planned,
    findings: [...about, ...probed.findings],
  });
  if (last.verdict !== 'pass') return unfit({ ...last, project, checked, planned: probed.planned, files, assayed });
  return { ...shipped, ...last, verdict: 'pass', planned: probed.planned };
}

/** The plan of a model that the runtime prepared and had no inputs to try it on; `null` where there is nothing to plan. */
async function planOfUntried(
  { verdict }: AssayedProject,
  { project, checked: { model }, files, runtime, cache }: Untried,
): Promise<PlannedMemory | null> {
  if (verdict !== 'inconclusive') return null;
  const identity = { digest: wholeDigest(files), runtime: runtime.digest };
  const prepared = await untriedPreparation(identity, { config: project.config, model, cache });
  return prepared === undefined ? null : planProject(project, prepared);
}

interface Untried extends Pick<ShippedProject, 'project' | 'checked' | 'files' | 'runtime'> {
  readonly cache: Workbench['cache'];
}

type Judged = SettledFindings & { readonly verdict: Verdict };

interface Evidence {
  readonly project: Project;
  readonly model: Model;
  readonly assayed: AssayedProject;
  readonly planned: PlannedMemory | null;
  readonly findings: readonly Finding[];
}

function withRuntime(project: Project, onnxruntime: string): Project {
  const { config } = project;
  return { ...project, config: { ...config, runtime: { ...config.runtime, onnxruntime } } };
}

/** A refusal always fails, whatever the configuration makes of its findings: what does not load cannot ship. */
function judge({ project, model, assayed, planned, findings }: Evidence): Judged {
  const about = planned === null ? [] : memoryFindings(planned, { project, model });
  const settled = settleFindings([...findings, ...about], project);
  if (assayed.verdict === 'refused' || hasErrors(settled.findings)) return { ...settled, verdict: 'fail' };
  const isOpen = assayed.verdict !== 'accepted' || (planned !== null && isMemoryOpen(planned, project, settled));
  return { ...settled, verdict: isOpen ? 'inconclusive' : 'pass' };
}

function unfit({ verdict, ...facts }: Omit<UnfitProject, 'verdict'> & { readonly verdict: Verdict }): UnfitProject {
  return { ...facts, verdict: verdict === 'fail' ? 'fail' : 'inconclusive' };
}
