import { hasErrors } from '../nouns/finding.ts';
import type { Machine } from '../nouns/machine.ts';
import type { Report } from '../nouns/report.ts';
import { readProject, type Selection } from '../project/read-project.ts';
import { cachedPreparation } from './cached-preparation.ts';
import { checkProject, settleFindings } from './check-project.ts';
import { isMemoryOpen, memoryFindings, planProject } from './plan-project.ts';
import { readExample } from './read-example.ts';
import { reportOf } from './report-of.ts';

/** Judges a project by its model's file alone: nothing is run or fetched. Memory is planned where an earlier run has prepared it. */
export async function judgeStatically(selection: string | Selection, machine: Machine): Promise<Report> {
  const project = await readProject(selection, machine.workingFolder);
  if (project.source !== undefined) await (await import('./settle-conversion.ts')).assertCurrentConversion(project);
  const example = await readExample(project);
  const checked = checkProject(project, example);
  const preparation = await cachedPreparation({ project, checked, example }, machine);
  const planned = planProject(project, preparation);
  const settled = settleFindings(
    [...checked.findings, ...memoryFindings(planned, { project, model: checked.model })],
    project,
  );
  const isOpen = isMemoryOpen(planned, project, settled);
  return reportOf({
    project,
    checked,
    settled,
    verdict: hasErrors(settled.findings) ? 'fail' : isOpen ? 'inconclusive' : 'pass',
    asked: false,
    memory: planned.memory,
    preparedBytes: preparation.state === 'prepared' ? preparation.bytes : null,
  });
}
