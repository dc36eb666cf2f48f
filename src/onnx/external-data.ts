import { EXIT, Failure } from '../nouns/failure.ts';
import { externalPath } from './external-path.ts';
import type { ModelPlace, Tensor, TensorData } from './model.ts';
import { type FileIdentity, SourceFile } from './source-file.ts';
import { tensorBytes } from './tensor-size.ts';

export type ExternalData = Extract<TensorData, { kind: 'external' }>;

/** Where the bytes of one tensor are, checked: the file is regular, lies in the model's folder and has them all. */
export interface ExternalPlace {
  readonly file: FileIdentity;
  readonly offset: number;
  readonly length: number;
}

/**
 * Finds and checks the external data of a tensor. Throws `Failure` (exit 1): `onnx/external-path` where the location leaves
 * the model's folder, `onnx/external-missing`, `onnx/external-not-a-file`, `onnx/external-duplicate-key`,
 * `onnx/external-range` where offset and length are no span of the file or not the tensor's size.
 */
export function locateExternalData(model: ModelPlace, tensor: Tensor, data: ExternalData): ExternalPlace {
  assertDistinctKeys(model, tensor, data);
  const file = openExternalFile(model, tensor, data);
  return { file, ...checkedRange(model, tensor, { data, file }) };
}

/** The file that a tensor refers to, without a look at offset and length. */
export function openExternalFile(model: ModelPlace, tensor: Tensor, data: ExternalData): FileIdentity {
  const found = externalPath(model.path, data.location);
  if (!found.ok) throw PATH_FAILURES[found.problem](describe(model, tensor, data), found.why);
  try {
    const file = SourceFile.open(found.path);
    file.close();
    return file.identity;
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    throw new Failure(`${describe(model, tensor, data)}: ${cause.message}`, {
      code: cause.code === 'onnx/not-a-file' ? 'onnx/external-not-a-file' : 'onnx/external-missing',
      exit: EXIT.findings,
      mend: 'Put the data file that was exported with the model beside it.',
      cause,
    });
  }
}

const PATH_FAILURES = {
  path: (what: string, why: string) =>
    new Failure(`${what}: ${why}`, {
      code: 'onnx/external-path',
      exit: EXIT.findings,
      mend: 'Save the model anew with its data in one file beside it: onnx.save(model, path, save_as_external_data=True). Do not trust a model that points elsewhere.',
    }),
  missing: (what: string, why: string) =>
    new Failure(`${what}: ${why}`, {
      code: 'onnx/external-missing',
      exit: EXIT.findings,
      mend: 'Copy the data file together with the model; both are needed.',
    }),
} as const;

/** Runtimes differ in which of two equal keys they take, so a checker can be shown one file and a runtime another. */
function assertDistinctKeys(model: ModelPlace, tensor: Tensor, data: ExternalData): void {
  const keys = (data.entries ?? []).map(([key]) => key);
  const twice = keys.find((key, index) => keys.indexOf(key) !== index);
  if (twice === undefined) return;
  throw new Failure(`${describe(model, tensor, data)}: the key ${JSON.stringify(twice.slice(0, 80))} stands twice`, {
    code: 'onnx/external-duplicate-key',
    exit: EXIT.findings,
    mend: 'Save the model anew; do not trust one that names its data in two ways.',
  });
}

function checkedRange(
  model: ModelPlace,
  tensor: Tensor,
  at: { readonly data: ExternalData; readonly file: FileIdentity },
): { offset: number; length: number } {
  const { data, file } = at;
  const size = tensorBytes(tensor.elementType, tensor.dims);
  const length = data.length ?? size ?? file.bytes - data.offset;
  const why = rangeProblem({ offset: data.offset, length, size, available: file.bytes });
  if (why === null) return { offset: data.offset, length };
  throw new Failure(`${describe(model, tensor, data)}: ${why}`, {
    code: 'onnx/external-range',
    exit: EXIT.findings,
    mend: 'The data file belongs to another model or was not copied completely: copy both again, or export again.',
  });
}

function rangeProblem(range: {
  offset: number;
  length: number;
  size: number | null;
  available: number;
}): string | null {
  const { offset, length, size, available } = range;
  if (!Number.isSafeInteger(offset) || offset < 0) return 'its offset is no number of bytes';
  if (!Number.isSafeInteger(length) || length < 0) return 'its length is no number of bytes';
  if (offset + length > available) {
    return `it takes ${length} bytes from byte ${offset} on; the file has ${available}`;
  }
  if (size !== null && size !== length) return `its length is ${length} bytes; type and dimensions want ${size}`;
  return null;
}

function describe(model: ModelPlace, tensor: Tensor, data: ExternalData): string {
  const name = JSON.stringify(tensor.name.slice(0, 200));
  return `The external data of tensor ${name} in ${model.path}, at location ${JSON.stringify(data.location.slice(0, 200))}, cannot be used`;
}
