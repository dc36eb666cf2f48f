import { hasErrors } from '../nouns/finding.ts';
import type { Report } from '../nouns/report.ts';
import { readProject, type Selection } from '../project/read-project.ts';
import { checkProject, settleFindings } from './check-project.ts';
import { readExample } from './read-example.ts';
import { reportOf } from './report-of.ts';

/** Judges a project by its model's file alone: nothing is run, fetched or hashed. */
export async function judgeStatically(selection: string | Selection, workingFolder: string): Promise<Report> {
  const project = await readProject(selection, workingFolder);
  const example = await readExample(project);
  const checked = checkProject(project, example);
  const settled = settleFindings(checked.findings, project);
  return reportOf({ project, checked, settled, verdict: hasErrors(settled.findings) ? 'fail' : 'pass', asked: false });
}
