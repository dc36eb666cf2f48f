import type { CaseTensor } from '../../schemas/case.ts';
import type { Plan } from '../../schemas/plan.ts';
import { type Finding, sortFindings } from '../nouns/finding.ts';
import type { Lock } from '../nouns/lock.ts';
import { readLock } from '../project/lock-file.ts';
import { type Project, readProject } from '../project/read-project.ts';
import { readFirstCase } from '../validate/cases/read-cases.ts';
import { type AssayedProject, assayProject } from './assay-project.ts';
import { type CheckedProject, checkProject } from './check-project.ts';
import { makePlan } from './make-plan.ts';
import { measureModel } from './measure-model.ts';
import { type HostRuntime, settleRuntime } from './settle-runtime.ts';
import type { Workbench } from './workbench.ts';

/** A project whose model was read, checked and assayed, with the plan by which it will be served. */
export interface FitProject {
  readonly verdict: 'pass';
  readonly project: Project;
  readonly findings: readonly Finding[];
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

export interface UnfitProject {
  readonly verdict: 'fail' | 'inconclusive';
  readonly project: Project;
  readonly findings: readonly Finding[];
}

/** Reads a project and finds out whether its model is fit to ship. Throws a Failure where there is no model to judge. */
export async function fitProject(path: string, bench: Workbench): Promise<FitProject | UnfitProject> {
  const project = await readProject(path, bench.machine.workingFolder);
  const lock = await readLock(project.lockPath);
  const example = project.casesPath === undefined ? undefined : (await readFirstCase(project.casesPath)).inputs;

  const checked = checkProject(project);
  if (hasErrors(checked.findings)) return { verdict: 'fail', project, findings: checked.findings };

  const [files, runtime] = await Promise.all([measureModel(checked), settleRuntime(project, { lock, bench })]);
  const assayed = await assayProject({ project, checked, files, runtime, example }, bench);
  const findings = sortFindings([...checked.findings, ...assayed.findings]);
  if (assayed.verdict !== 'accepted') return { verdict: VERDICTS[assayed.verdict], project, findings };

  const plan = makePlan({ project, checked, files, assayed, example });
  return { verdict: 'pass', project, findings, lock, checked, files, runtime, assayed, plan, example };
}

const VERDICTS = { refused: 'fail', inconclusive: 'inconclusive' } as const;

export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'error');
}
