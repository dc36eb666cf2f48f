import type { Report } from '../nouns/report.ts';
import type { Selection } from '../project/read-project.ts';
import { fitProject } from './fit-project.ts';
import { wholeDigest } from './measure-model.ts';
import { reportOf } from './report-of.ts';
import { openWorkbench, type WorkbenchOptions } from './workbench.ts';

/** Judges a project by its file and by the locked runtime, which prepares, loads and runs the model. */
export async function judgeProject(selection: string | Selection, options: WorkbenchOptions): Promise<Report> {
  const bench = await openWorkbench(options);
  try {
    const fit = await fitProject(selection, bench, { askAnyway: true });
    const { project, checked, verdict } = fit;
    const report = reportOf({ project, checked, settled: fit, verdict, asked: true });
    if (fit.verdict !== 'pass') return report;
    const preparedBytes = fit.assayed.files.reduce((sum, file) => sum + file.bytes, 0);
    return {
      ...report,
      model: { ...report.model, digest: wholeDigest(fit.files) },
      sizes: { ...report.sizes, preparedBytes },
    };
  } finally {
    await bench.close();
  }
}
