import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { digestOfFile } from '../cache/digest-of-file.ts';
import { sourceDigests } from '../convert/source-digests.ts';
import { CONVERSION_SCHEMA, type Conversion } from '../nouns/conversion.ts';
import type { ModelSource } from '../nouns/model-source.ts';
import { writeConversion } from '../project/conversion-file.ts';
import { readLock } from '../project/lock-file.ts';
import type { Project } from '../project/read-project.ts';
import { CONVERTER, currentConversion } from './current-conversion.ts';
import { exportByRoutes } from './export-by-routes.ts';
import { tracePath } from './export-failure.ts';
import { openExporter } from './make-export.ts';
import { type ParityOptions, proveOwnCases, proveParity } from './prove-parity.ts';
import { putConversion } from './put-conversion.ts';
import { settleRuntime } from './settle-runtime.ts';
import type { Workbench } from './workbench.ts';

export interface Converted {
  readonly conversion: Conversion;
  readonly warnings: readonly string[];
  readonly modelPath: string;
  readonly casesPath: string;
  /** Nothing had changed since the last time. */
  readonly isFresh: boolean;
}

/**
 * Makes a project's ONNX model from what it names: settles the environment, trains where a script is named, exports, holds the export
 * against the original in the locked runtime, and puts the model and the original's answers in their places. Nothing is
 * written unless all of that went well.
 *
 * @throws Failure `convert/…`
 */
export async function convertProject(
  project: Project & { readonly source: ModelSource },
  bench: Workbench,
  options: { readonly force?: boolean; readonly onLog?: (log: string) => void } = {},
): Promise<Converted> {
  const places = placesOf(project);
  const before = options.force ? undefined : await currentConversion(project);
  if (before !== undefined) return { conversion: before, warnings: [], ...places, isFresh: true };
  const scratch = bench.cache.scratch();
  await mkdir(scratch, { recursive: true });
  try {
    const exporter = await openExporter(project, { bench, onLog: options.onLog });
    const parity = await parityOptions(project, bench);
    const prove = (folder: string) => {
      bench.progress.note('hold it against the original');
      return proveParity(folder, parity);
    };
    const proven = await exportByRoutes(exporter, { scratch, prove, progress: bench.progress });
    await proveOwnCases(join(proven.folder, 'model.onnx'), places.casesPath, parity);
    const { warnings, ...facts } = proven.made.result;
    await putConversion(proven.folder, places);
    const conversion: Conversion = {
      schema: CONVERSION_SCHEMA,
      converter: CONVERTER,
      ...facts,
      route: proven.made.route.name,
      failedRoutes: proven.failedRoutes,
      inputs: await sourceDigests(exporter.inputs, project.folder),
      model: await digestOfFile(places.modelPath),
      parity: proven.parity,
    };
    await writeConversion(places.modelPath, conversion);
    await rm(tracePath(places.modelPath), { force: true });
    return { conversion, warnings, ...places, isFresh: false };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function placesOf({ folder, modelPath, casesPath }: Project): { modelPath: string; casesPath: string } {
  return { modelPath, casesPath: casesPath ?? join(folder, 'cases') };
}

async function parityOptions(project: Project, bench: Workbench): Promise<ParityOptions> {
  const lock = await readLock(project.lockPath);
  const { folder } = await settleRuntime(project, { lock, bench });
  return { runtimeFolder: folder, signal: bench.signal, from: project.source?.from };
}
