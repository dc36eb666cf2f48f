import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Case, CaseTensor } from '../../../schemas/case.ts';
import { Failure } from '../../nouns/failure.ts';
import type { ValueInfo } from '../../onnx/model.ts';
import { readTensorFile } from '../../onnx/read-tensor-file.ts';
import type { TensorValues } from '../../onnx/tensor-values.ts';
import type { CaseSignature } from './case-signature.ts';
import { LARGEST_CASE_BYTES } from './read-json-case.ts';
import { refuseCase, unreadableCase } from './refuse-case.ts';
import { datatypeOf } from './tensor-of-case.ts';

/** What the test runner of ONNX allows where a test does not say. */
const TOLERANCE = { relative: 1e-3, absolute: 1e-7 };

const FLOATS: readonly string[] = ['FP16', 'FP32', 'FP64'];

/**
 * The case in a folder as ONNX keeps test data: `input_0.pb`, `output_0.pb` and so on, each a `TensorProto`. Their numbers say
 * which input or output of the model is meant; the names inside are what some exporter called them. Throws a Failure
 * `cases/missing` or `cases/invalid`.
 */
export async function readTestData(folder: string, signature: CaseSignature): Promise<Case> {
  const names = await readdir(folder).catch((cause) => {
    throw unreadableCase(folder, cause);
  });
  const inputs = await readTensors(folder, { names, role: 'input', edges: signature.inputs });
  const outputs = await readTensors(folder, { names, role: 'output', edges: signature.outputs });
  const floats = outputs.filter(({ datatype }) => FLOATS.includes(datatype));
  return {
    schema: 'plimsoll.case/1',
    name: basename(folder),
    inputs: [...inputs],
    outputs: [...outputs],
    ...(floats.length > 0 && { tolerance: Object.fromEntries(floats.map(({ name }) => [name, TOLERANCE])) }),
  };
}

interface Files {
  readonly names: readonly string[];
  readonly role: 'input' | 'output';
  readonly edges: readonly ValueInfo[];
}

async function readTensors(folder: string, { names, role, edges }: Files): Promise<readonly CaseTensor[]> {
  const pattern = new RegExp(`^${role}_(\\d{1,6})\\.pb$`);
  const numbers = names.flatMap((name) => pattern.exec(name)?.[1] ?? []).map(Number);
  const tensors: CaseTensor[] = [];
  for (const number of numbers.sort((a, b) => a - b)) {
    const file = join(folder, `${role}_${number}.pb`);
    const edge = edges[number];
    if (edge === undefined) {
      const message = `is ${role} ${number}; the model has ${edges.length}, counted from 0`;
      throw refuseCase(file, { code: 'invalid', message });
    }
    tensors.push(await readTensor(file, edge));
  }
  return tensors;
}

async function readTensor(file: string, { name, type }: ValueInfo): Promise<CaseTensor> {
  if (type !== null && type.kind !== 'tensor') {
    throw refuseCase(file, { code: 'invalid', message: `is for "${name}", which is no tensor (${type.kind})` });
  }
  const { size } = await stat(file).catch((cause) => {
    throw unreadableCase(file, cause);
  });
  if (size > LARGEST_CASE_BYTES) {
    const message = `has ${size} bytes; a case has at most ${LARGEST_CASE_BYTES}`;
    throw refuseCase(file, { code: 'invalid', message });
  }
  const { tensor, values } = decode(file);
  const datatype = datatypeOf(tensor.elementType);
  if (datatype === undefined) {
    throw refuseCase(file, {
      code: 'invalid',
      message: `is of type ${tensor.elementType}, which no request can carry`,
    });
  }
  return { name, datatype, shape: [...tensor.dims], data: dataOf(values) };
}

function decode(file: string): ReturnType<typeof readTensorFile> {
  try {
    return readTensorFile(file, { limit: LARGEST_CASE_BYTES });
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    throw refuseCase(file, { code: 'invalid', message: `is no tensor: ${cause.message}`, cause });
  }
}

/** As JSON would have it: 64-bit integers that numbers cannot hold as digits. */
function dataOf(values: TensorValues): CaseTensor['data'] {
  if (values.kind !== 'bigint') return [...values.values];
  return values.values.map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : String(value)));
}
