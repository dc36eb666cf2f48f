import { EXIT, Failure } from '../nouns/failure.ts';
import { readConversion } from '../project/conversion-file.ts';
import { type Project, readUnconverted, type Selection } from '../project/read-project.ts';
import { convertProject } from './convert-project.ts';
import { currentConversion } from './current-conversion.ts';
import type { Workbench } from './workbench.ts';

/**
 * Converts a project's model where its source has changed since the last time, or never was converted. Frozen, it does not; where
 * nobody says whether it is, a conversion that was committed is frozen on CI, as a lock is.
 *
 * @throws Failure `convert/stale` (exit 3) where it would have to and is frozen, and those of `convertProject`
 */
export async function settleConversion(
  selection: string | Selection,
  { frozen, isOnCi }: { readonly frozen: boolean | undefined; readonly isOnCi: boolean },
  bench: Workbench,
): Promise<void> {
  const project = await readUnconverted(selection, bench.machine.workingFolder);
  const { source } = project;
  if (source === undefined || (await currentConversion(project))) return;
  if (frozen ?? (isOnCi && (await readConversion(project.modelPath)) !== undefined)) throw stale(project);
  await convertProject({ ...project, source }, bench, { force: true });
}

/** @throws Failure `convert/stale` where a model was made from something that has changed since. */
export async function assertCurrentConversion(project: Project): Promise<void> {
  if (project.source !== undefined && !(await currentConversion(project))) throw stale(project);
}

function stale({ modelPath, source, folder }: Project): Failure {
  return new Failure(
    `${modelPath} does not belong to ${source?.source} any more: one of them has changed since it was converted`,
    {
      code: 'convert/stale',
      exit: EXIT.lockDrift,
      mend: `Run plimsoll convert ${folder}, and commit what it writes.`,
    },
  );
}
