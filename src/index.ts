/**
 * The commands as functions: typed, without output, exit codes or signals of their own. What cannot go on is thrown as a
 * `Failure`, which says what, where and how to mend it; what a model deserves is in findings.
 */
import { resolve } from 'node:path';
import { type Packaged, type PackageOptions, packageModel as packageWith } from './commands/package.ts';
import { thisMachine } from './commands/this-machine.ts';
import type { Machine } from './nouns/machine.ts';
import type { ModelDifference } from './nouns/model-difference.ts';
import type { ModelSummary } from './nouns/model-summary.ts';
import { type Progress, SILENT } from './nouns/progress.ts';
import type { Report } from './nouns/report.ts';
import type { ImageVerdict } from './nouns/verdict.ts';
import { readModel } from './onnx/read-model.ts';
import { readProject, type Selection } from './project/read-project.ts';
import { judgeProject } from './recipes/judge-project.ts';
import { judgeStatically } from './recipes/judge-statically.ts';
import { openImage } from './recipes/open-image.ts';
import { subjectOf } from './recipes/verify/subject-of.ts';
import { verifyImage } from './recipes/verify/verify-image.ts';
import { openWorkbench } from './recipes/workbench.ts';
import { diffModels } from './validate/summary/diff-models.ts';
import { summariseModel } from './validate/summary/summarise-model.ts';

export type { Packaged, PackageOptions } from './commands/package.ts';
export { EXIT, type ExitCode, Failure } from './nouns/failure.ts';
export type { Finding, Location, Severity } from './nouns/finding.ts';
export type { Machine } from './nouns/machine.ts';
export type { ModelDifference } from './nouns/model-difference.ts';
export type { ModelSummary } from './nouns/model-summary.ts';
export type { Platform } from './nouns/platform.ts';
export type { Progress, Step } from './nouns/progress.ts';
export { parseReference, type Reference, renderReference } from './nouns/reference.ts';
export type { Report, Verdict } from './nouns/report.ts';
export type { ImageVerdict } from './nouns/verdict.ts';
export type { Selection } from './project/read-project.ts';
export { parseSink, type Sink } from './recipes/sinks.ts';

export interface CallOptions {
  /** Told what is done; silence where left out. */
  readonly progress?: Progress;
  /** Calls the work off; it then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Another environment, home or working folder than this process has. */
  readonly machine?: Partial<Machine>;
}

/** Checks a project's model, locks every byte and assembles its image. `PATH` as on the command line. */
export async function packageModel(
  path: string | Selection,
  options: PackageOptions & CallOptions = {},
): Promise<Packaged> {
  const bench = await openWorkbench(surroundingsOf(options));
  try {
    return await packageWith(path, options, bench);
  } finally {
    await bench.close();
  }
}

/**
 * Judges a project's model: with the locked runtime, or by the file alone where `static` is set; with `probe`, the memory plan is
 * held against a run of the packaged server.
 */
export async function lint(
  path: string | Selection,
  options: { readonly static?: boolean; readonly probe?: boolean } & CallOptions = {},
): Promise<Report> {
  const surroundings = surroundingsOf(options);
  if (options.static) return judgeStatically(path, surroundings.machine);
  return judgeProject(path, { ...surroundings, probe: options.probe ? 'must' : 'never' });
}

/** What a model says of itself, at the cost of its graph. */
export async function inspect(path: string, options: CallOptions = {}): Promise<ModelSummary> {
  const { modelPath } = await readProject(path, surroundingsOf(options).machine.workingFolder);
  return summariseModel(readModel(modelPath));
}

/** What changed from one ONNX file to another, and what of it breaks clients. */
export async function diff(before: string, after: string): Promise<ModelDifference> {
  return diffModels(readModel(before), readModel(after));
}

export interface VerifyOptions {
  /** The project that the image belongs to: its cases, tolerances, budgets and owners. */
  readonly project?: string | Selection;
  /** Folder of cases, over the project's. */
  readonly cases?: string;
  /** `auto` where nothing is said: the container engine where there is one. */
  readonly engine?: 'auto' | 'docker' | 'none';
  /** The verdict on the released image, to hold metrics against. */
  readonly released?: ImageVerdict;
  /** Where requests that show failures are written; what is there makes way. */
  readonly failuresFolder: string;
}

/** Runs a built image under its limit, asks it everything, and says whose each failure is. `IMAGE` as on the command line. */
export async function verify(image: string, options: VerifyOptions & CallOptions): Promise<ImageVerdict> {
  const { project, cases, engine = 'auto', released, failuresFolder } = options;
  const bench = await openWorkbench(surroundingsOf(options));
  try {
    const { workingFolder } = bench.machine;
    const found = project === undefined ? undefined : await readProject(project, workingFolder);
    const casesPath = cases === undefined ? undefined : resolve(workingFolder, cases);
    const subject = subjectOf(found, { workingFolder, casesPath, memoryBytes: undefined });
    const index = await openImage(image, workingFolder, bench);
    try {
      return await verifyImage(index, { ...subject, engine, released, failuresFolder }, bench);
    } finally {
      await index.close();
    }
  } finally {
    await bench.close();
  }
}

function surroundingsOf({ progress = SILENT, signal, machine = {} }: CallOptions) {
  return { machine: { ...thisMachine(), ...machine }, progress, ...(signal && { signal }) };
}
