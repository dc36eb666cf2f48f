import type { CaseTensor } from '../../schemas/case.ts';
import type { Plan } from '../../schemas/plan.ts';
import { type Finding, hasErrors } from '../nouns/finding.ts';
import type { Lock } from '../nouns/lock.ts';
import type { Verdict } from '../nouns/report.ts';
import { readLock } from '../project/lock-file.ts';
import { type Project, readProject, type Selection } from '../project/read-project.ts';
import type { SettledFindings } from '../validate/rules/apply-rule-settings.ts';
import { assayProject } from './assay-project.ts';
import type { AssayedProject } from './assay-record.ts';
import { assertExample } from './assert-example.ts';
import { type CheckedProject, checkProject, settleFindings } from './check-project.ts';
import { disagreement } from './disagreement.ts';
import { makePlan } from './make-plan.ts';
import { measureModel } from './measure-model.ts';
import { readExample } from './read-example.ts';
import { type HostRuntime, settleRuntime } from './settle-runtime.ts';
import type { Workbench } from './workbench.ts';

/** A project whose model was read, checked and assayed, with the plan by which it will be served. */
export interface FitProject extends SettledFindings {
  readonly verdict: 'pass';
  readonly project: Project;
  readonly lock: Lock | undefined;
  readonly checked: CheckedProject;
  /** The model's files by digest. */
  readonly files: Lock['model'];
  readonly runtime: HostRuntime;
  readonly assayed: AssayedProject;
  readonly plan: Plan;
  /** Inputs of the first case, where the project has cases. */
  readonly example: readonly CaseTensor[] | undefined;
}

export interface UnfitProject extends SettledFindings {
  readonly verdict: 'fail' | 'inconclusive';
  readonly project: Project;
  readonly checked: CheckedProject;
}

export interface FitOptions {
  /** Ask the runtime also where the file's own checks found errors: for judging, not for shipping. */
  readonly askAnyway?: boolean;
  /** Take the runtime that is locked, also where the configuration names another. */
  readonly keepRuntime?: boolean;
}

/** Reads a project and finds out whether its model is fit to ship. Throws a Failure where there is no model to judge. */
export async function fitProject(
  selection: string | Selection,
  bench: Workbench,
  { askAnyway = false, keepRuntime = false }: FitOptions = {},
): Promise<FitProject | UnfitProject> {
  const read = await readProject(selection, bench.machine.workingFolder);
  const lock = await readLock(read.lockPath);
  const project = keepRuntime && lock ? withRuntime(read, lock.onnxruntime.version) : read;
  const example = await readExample(project);

  const checked = checkProject(project, example);
  if (example) assertExample(example, checked.model);
  const atFirst = settleFindings(checked.findings, project);
  const mayAsk = askAnyway && checked.files.length > 0;
  if (hasErrors(atFirst.findings) && !mayAsk) return { verdict: 'fail', project, checked, ...atFirst };

  const [files, runtime] = await Promise.all([measureModel(checked), settleRuntime(project, { lock, bench })]);
  const assayed = await assayProject({ project, checked, files, runtime, example }, bench);
  const settled = settleFindings(
    [...checked.findings, ...assayed.findings, ...disagreement(checked.findings, assayed, project.modelPath)],
    project,
  );
  const verdict = verdictOf(assayed, settled.findings);
  if (verdict !== 'pass') return { verdict, project, checked, ...settled };

  const plan = makePlan({ project, checked, files, assayed, example });
  return { verdict, project, ...settled, lock, checked, files, runtime, assayed, plan, example };
}

function withRuntime(project: Project, onnxruntime: string): Project {
  const { config } = project;
  return { ...project, config: { ...config, runtime: { ...config.runtime, onnxruntime } } };
}

/** A refusal always fails, whatever the configuration makes of its findings: what does not load cannot ship. */
function verdictOf({ verdict }: AssayedProject, findings: readonly Finding[]): Verdict {
  if (verdict === 'refused' || hasErrors(findings)) return 'fail';
  return verdict === 'accepted' ? 'pass' : 'inconclusive';
}
