import type { CaseTensor } from '../../schemas/case.ts';
import type { Project } from '../project/read-project.ts';
import { readFirstCase } from '../validate/cases/read-cases.ts';

/** Inputs that a project's model is known to take: those of its first case, where it has cases. */
export async function readExample({ casesPath }: Project): Promise<readonly CaseTensor[] | undefined> {
  return casesPath === undefined ? undefined : (await readFirstCase(casesPath)).inputs;
}
