import { axisKey } from '../nouns/axis-bound.ts';
import type { Model } from '../onnx/model.ts';
import { fedInputs } from '../validate/memory/fed-inputs.ts';

/** The first dimension of the first input that a request brings, as bounds name it. */
export function batchName({ graph }: Model): string | undefined {
  const [input] = fedInputs(graph);
  if (input?.type?.kind !== 'tensor') return undefined;
  const size = input.type.shape?.[0];
  return typeof size === 'string' ? size : size === null ? axisKey(input.name, 0) : undefined;
}
