import type { TensorSignature } from '../../../schemas/plan.ts';
import type { Elements, RuntimeType } from '../tensor.ts';

/** One element type in its three languages: the protocol's name, the runtime's, and what holds its elements. */
export interface Datatype {
  readonly name: string;
  readonly runtime: RuntimeType;
  readonly allocate: (count: number) => Elements;
}

/**
 * Element types by ONNX name. The four-bit integers are missing on purpose: onnxruntime-node 1.30 refuses them as inputs
 * and aborts the process when a model puts one out.
 */
export const DATATYPES = {
  float: { name: 'FP32', runtime: 'float32', allocate: (count) => new Float32Array(count) },
  double: { name: 'FP64', runtime: 'float64', allocate: (count) => new Float64Array(count) },
  float16: { name: 'FP16', runtime: 'float16', allocate: (count) => new Uint16Array(count) },
  int8: { name: 'INT8', runtime: 'int8', allocate: (count) => new Int8Array(count) },
  uint8: { name: 'UINT8', runtime: 'uint8', allocate: (count) => new Uint8Array(count) },
  int16: { name: 'INT16', runtime: 'int16', allocate: (count) => new Int16Array(count) },
  uint16: { name: 'UINT16', runtime: 'uint16', allocate: (count) => new Uint16Array(count) },
  int32: { name: 'INT32', runtime: 'int32', allocate: (count) => new Int32Array(count) },
  uint32: { name: 'UINT32', runtime: 'uint32', allocate: (count) => new Uint32Array(count) },
  int64: { name: 'INT64', runtime: 'int64', allocate: (count) => new BigInt64Array(count) },
  uint64: { name: 'UINT64', runtime: 'uint64', allocate: (count) => new BigUint64Array(count) },
  bool: { name: 'BOOL', runtime: 'bool', allocate: (count) => new Uint8Array(count) },
  string: { name: 'BYTES', runtime: 'string', allocate: (count) => new Array<string>(count).fill('') },
} as const satisfies Partial<Record<TensorSignature['elementType'], Datatype>>;

export type ServedType = keyof typeof DATATYPES;

export function isServedType(elementType: string): elementType is ServedType {
  return Object.hasOwn(DATATYPES, elementType);
}
