import type { ElementType } from '../../onnx/model.ts';

/** Elements as they stand in memory: strings, or the typed array of the element type's width. */
export type Elements =
  | readonly string[]
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** A tensor with its elements, in row-major order. `float16` is held as its bits; 4-bit types as two elements to a byte. */
export interface TensorValue {
  readonly elementType: ElementType;
  readonly dims: readonly number[];
  readonly data: Elements;
}

export type TensorValues = ReadonlyMap<string, TensorValue>;

/** Element types that the runtime's Node binding carries, and what the binding calls them. */
export const BINDING_TYPES = {
  float: 'float32',
  double: 'float64',
  float16: 'float16',
  int8: 'int8',
  uint8: 'uint8',
  int16: 'int16',
  uint16: 'uint16',
  int32: 'int32',
  uint32: 'uint32',
  int64: 'int64',
  uint64: 'uint64',
  bool: 'bool',
  string: 'string',
  int4: 'int4',
  uint4: 'uint4',
} as const satisfies Partial<Record<ElementType, string>>;

export type BindingElementType = keyof typeof BINDING_TYPES;

/** The ONNX name of a type that the binding reports; `undefined` for one that it does not carry. */
export function elementTypeOf(bindingName: string): BindingElementType | undefined {
  return (Object.keys(BINDING_TYPES) as BindingElementType[]).find((type) => BINDING_TYPES[type] === bindingName);
}
