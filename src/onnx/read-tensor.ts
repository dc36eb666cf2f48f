import { EXIT, Failure } from '../nouns/failure.ts';
import { Sources } from './content.ts';
import { TENSOR_LISTS } from './fields.ts';
import { readElements } from './list-records.ts';
import type { ModelPlace, Tensor } from './model.ts';
import { modelFile } from './model-file.ts';
import { tensorContent, tensorDataFailure } from './tensor-content.ts';
import { elementCount } from './tensor-size.ts';
import { decodeValues, type TensorValues } from './tensor-values.ts';
import { decodeUtf8 } from './utf8.ts';

/** Constants that shapes are made of have a few elements; this leaves room for tables. */
const USUAL_ELEMENTS = 64 * 1024;
const USUAL_BYTES = 64 * 1024 * 1024;

/**
 * The bytes of a tensor as `raw_data` holds them: little-endian, small types packed. Throws `onnx/tensor-too-large` beyond
 * `limit` bytes, `onnx/tensor-data` where they do not fit type and dimensions, and the failures of external data.
 */
export function readTensorBytes(
  model: ModelPlace,
  tensor: Tensor,
  options: { readonly limit?: number } = {},
): Uint8Array {
  const content = tensorContent(model, tensor);
  const limit = options.limit ?? USUAL_BYTES;
  if (content.length > limit) throw tooLarge(tensor, { found: `${content.length} bytes`, limit: `${limit}` });
  const bytes = new Uint8Array(content.length);
  let used = 0;
  const put = (chunk: Uint8Array): void => {
    bytes.set(chunk, used);
    used += chunk.length;
  };
  Sources.using((sources) => content.copyTo(put, sources));
  return bytes;
}

/**
 * The elements of a small tensor, row-major. Throws as `readTensorBytes` does, `limit` counting elements (64 Ki if not
 * given).
 */
export function readTensorValues(
  model: ModelPlace,
  tensor: Tensor,
  options: { readonly limit?: number } = {},
): TensorValues {
  const limit = options.limit ?? USUAL_ELEMENTS;
  const count = elementCount(tensor.dims);
  if (count === null) throw tensorDataFailure(model, tensor, 'its dimensions are no size');
  if (count > limit) throw tooLarge(tensor, { found: `${count} elements`, limit: `${limit}` });
  if (tensor.elementType === 'string') return { kind: 'string', values: readStrings(model, tensor, count) };
  return decodeValues(tensor.elementType, { bytes: readTensorBytes(model, tensor), count });
}

function readStrings(model: ModelPlace, tensor: Tensor, count: number): readonly string[] {
  const values = stringBytes(model, tensor);
  if (values.length !== count) {
    throw tensorDataFailure(model, tensor, `it holds ${values.length} strings; wanted ${count}`);
  }
  return values.map((bytes) => decodeUtf8(bytes, () => {}));
}

function stringBytes(model: ModelPlace, tensor: Tensor): readonly Uint8Array[] {
  const { data } = tensor;
  if (data.kind === 'memory-strings') return data.values;
  if (data.kind === 'none') return [];
  if (data.kind !== 'typed' || data.field !== 'string_data') {
    throw tensorDataFailure(model, tensor, 'strings have to stand in string_data');
  }
  const field = TENSOR_LISTS.string_data;
  return readElements(modelFile(model, data), { field, runs: data.spans, read: (wire) => wire.bytes(0) });
}

function tooLarge(tensor: Tensor, sizes: { found: string; limit: string }): Failure {
  return new Failure(
    `Tensor ${JSON.stringify(tensor.name.slice(0, 200))} has ${sizes.found}; at most ${sizes.limit} are read here`,
    {
      code: 'onnx/tensor-too-large',
      exit: EXIT.findings,
      mend: 'Ask for it with a higher limit where there is memory for it.',
    },
  );
}
