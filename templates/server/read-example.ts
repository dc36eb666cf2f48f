import type { Plan } from '../../schemas/plan.ts';
import { decodeInferenceRequest } from './open-inference/decode.ts';
import type { Signature } from './signature.ts';
import type { Tensors } from './tensor.ts';

/** The plan's example as tensors, or why it is none; `undefined` where the plan has none. */
export function readExample({ example }: Plan, signature: Signature): Tensors | Error | undefined {
  if (!example) return undefined;
  try {
    return decodeInferenceRequest(Buffer.from(JSON.stringify(example)), signature).inputs;
  } catch (error) {
    return error as Error;
  }
}
