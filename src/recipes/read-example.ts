import type { CaseTensor } from '../../schemas/case.ts';
import { readModel } from '../onnx/read-model.ts';
import type { Project } from '../project/read-project.ts';
import { caseSignature } from '../validate/cases/case-signature.ts';
import { readFirstCase } from '../validate/cases/read-cases.ts';

/** Inputs that a project's model is known to take: those of its first case, where it has cases. */
export async function readExample({ casesPath, modelPath }: Project): Promise<readonly CaseTensor[] | undefined> {
  if (casesPath === undefined) return undefined;
  return (await readFirstCase(casesPath, () => caseSignature(readModel(modelPath).graph))).inputs;
}

/** Whether a request can carry it: JSON has no numbers beyond the finite ones. */
export function isSendable(example: readonly CaseTensor[]): boolean {
  return example.every(({ data }) => data.every((value) => typeof value !== 'number' || Number.isFinite(value)));
}
