import type { CaseTensor, Datatype } from '../../../schemas/case.ts';
import type { ElementType } from '../../onnx/model.ts';
import { float16ToNumber } from '../../onnx/small-floats.ts';
import { numberToFloat16 } from '../runtime/number-to-float16.ts';
import type { Elements, TensorValue, TensorValues } from '../runtime/tensor-value.ts';

type Data = CaseTensor['data'];

interface Conversion {
  readonly elementType: ElementType;
  readonly read: (data: Data) => Elements;
}

const CONVERSIONS: Readonly<Record<Datatype, Conversion>> = {
  BOOL: {
    elementType: 'bool',
    read: (data) => Uint8Array.from(data, (value) => (value === true || value === 1 ? 1 : 0)),
  },
  UINT8: { elementType: 'uint8', read: (data) => Uint8Array.from(data, Number) },
  UINT16: { elementType: 'uint16', read: (data) => Uint16Array.from(data, Number) },
  UINT32: { elementType: 'uint32', read: (data) => Uint32Array.from(data, Number) },
  UINT64: { elementType: 'uint64', read: (data) => BigUint64Array.from(data, BigInt) },
  INT8: { elementType: 'int8', read: (data) => Int8Array.from(data, Number) },
  INT16: { elementType: 'int16', read: (data) => Int16Array.from(data, Number) },
  INT32: { elementType: 'int32', read: (data) => Int32Array.from(data, Number) },
  INT64: { elementType: 'int64', read: (data) => BigInt64Array.from(data, BigInt) },
  FP16: { elementType: 'float16', read: (data) => Uint16Array.from(data, (value) => numberToFloat16(Number(value))) },
  FP32: { elementType: 'float', read: (data) => Float32Array.from(data, Number) },
  FP64: { elementType: 'double', read: (data) => Float64Array.from(data, Number) },
  BYTES: { elementType: 'string', read: (data) => data.map(String) },
};

/** What a request calls an element type; `undefined` for one that it cannot carry. */
export function datatypeOf(elementType: ElementType): Datatype | undefined {
  return (Object.keys(CONVERSIONS) as Datatype[]).find((datatype) => CONVERSIONS[datatype].elementType === elementType);
}

/** Tensors of a case as the runtime takes them. */
export function tensorsOf(tensors: readonly CaseTensor[]): TensorValues {
  return new Map(tensors.map((tensor) => [tensor.name, tensorOf(tensor)]));
}

function tensorOf({ datatype, shape, data }: CaseTensor): TensorValue {
  const { elementType, read } = CONVERSIONS[datatype];
  return { elementType, dims: shape, data: read(data) };
}

/** Tensors of the runtime as a case has them; those of types that no request carries are left out. */
export function caseTensorsOf(tensors: TensorValues): readonly CaseTensor[] {
  return [...tensors].flatMap(([name, { elementType, dims, data }]) => {
    const datatype = datatypeOf(elementType);
    if (datatype === undefined) return [];
    return [{ name, datatype, shape: [...dims], data: elementsOf(elementType, data) }];
  });
}

function elementsOf(elementType: ElementType, data: Elements): Data {
  if (elementType === 'float16') return Array.from(data as Uint16Array, float16ToNumber);
  if (elementType === 'bool') return Array.from(data as Uint8Array, (value) => value !== 0);
  if (elementType !== 'int64' && elementType !== 'uint64') return Array.from(data as Float32Array);
  return Array.from(data as BigInt64Array, (value) =>
    Number.isSafeInteger(Number(value)) ? Number(value) : String(value),
  );
}
