import { boundKey } from '../nouns/axis-bound.ts';
import type { Model } from '../onnx/model.ts';
import { fedInputs } from '../validate/memory/fed-inputs.ts';

/** The first dimension of the first input that a request brings, as bounds name it. */
export function batchName({ graph }: Model): string | undefined {
  const [input] = fedInputs(graph);
  if (input?.type?.kind !== 'tensor') return undefined;
  const [size = 0] = input.type.shape ?? [];
  return boundKey(input.name, size, 0) ?? undefined;
}
