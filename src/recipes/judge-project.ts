import type { Report } from '../nouns/report.ts';
import { readLock } from '../project/lock-file.ts';
import type { Selection } from '../project/read-project.ts';
import { type FitOptions, fitProject } from './fit-project.ts';
import { estimateImages, type ImageBytes } from './image-budget.ts';
import { wholeDigest } from './measure-model.ts';
import { reportOf } from './report-of.ts';
import { openWorkbench, type WorkbenchOptions } from './workbench.ts';

/** Judges a project by its file and by the locked runtime, which prepares, loads and runs the model. */
export async function judgeProject(
  selection: string | Selection,
  options: WorkbenchOptions & Pick<FitOptions, 'probe'>,
): Promise<Report> {
  const bench = await openWorkbench(options);
  try {
    const { probe = 'never' } = options;
    const fit = await fitProject(selection, bench, { askAnyway: true, probe });
    const { project, checked, verdict, planned, files, assayed } = fit;
    const lock = await readLock(project.lockPath);
    return reportOf({
      project,
      checked,
      settled: fit,
      verdict,
      asked: true,
      lock,
      memory: planned?.memory ?? null,
      digest: files ? wholeDigest(files) : null,
      imageBytes: assayed ? knownSizes(estimateImages(lock, assayed.files)) : null,
      preparedBytes:
        assayed && assayed.files.length > 0 ? assayed.files.reduce((sum, file) => sum + file.bytes, 0) : null,
    });
  } finally {
    await bench.close();
  }
}

function knownSizes(sizes: ImageBytes): ImageBytes | null {
  return Object.keys(sizes).length === 0 ? null : sizes;
}
