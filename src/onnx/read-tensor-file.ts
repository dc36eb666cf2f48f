import { decodeTensor } from './decode-tensor.ts';
import { READ_LIMITS } from './limits.ts';
import type { Tensor } from './model.ts';
import { readTensorValues } from './read-tensor.ts';
import { Reading } from './reading.ts';
import { SourceFile } from './source-file.ts';
import type { TensorValues } from './tensor-values.ts';
import { WireReader } from './wire-reader.ts';

export interface TensorFile {
  readonly tensor: Tensor;
  readonly values: TensorValues;
}

/**
 * Reads a file that holds one `TensorProto`, as ONNX keeps test data. Throws `Failure` as `readModel` and `readTensorValues` do;
 * `limit` counts elements.
 */
export function readTensorFile(path: string, { limit }: { readonly limit: number }): TensorFile {
  const tensor = decode(path);
  return { tensor, values: readTensorValues({ path }, tensor, { limit }) };
}

function decode(path: string): Tensor {
  const file = SourceFile.open(path);
  try {
    const reading = new Reading(new WireReader(file, READ_LIMITS));
    return decodeTensor(reading, [{ offset: 0, length: file.identity.bytes }]);
  } finally {
    file.close();
  }
}
