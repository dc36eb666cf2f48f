import { Failure } from '../../nouns/failure.ts';
import type { Model, Tensor } from '../../onnx/model.ts';
import { readTensorValues } from '../../onnx/read-tensor.ts';
import { followableCount } from './elements.ts';
import type { Element } from './fact.ts';

/**
 * Reads a small tensor of a model from the file in which it stands; `null` for larger ones, for kinds that shapes are not
 * computed from, and where the file cannot be read, which is for other checks to say.
 */
export function readElements(model: Model, tensor: Tensor): readonly Element[] | null {
  if (followableCount(tensor.dims) === null) return null;
  try {
    const content = readTensorValues(model, tensor);
    if (content.kind === 'string' || tensor.elementType.startsWith('complex')) return null;
    return content.values.map(Number);
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}
