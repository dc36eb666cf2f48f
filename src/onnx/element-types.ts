import type { ElementType, TypedField } from './model.ts';

export interface ElementTypeFacts {
  /** `TensorProto.DataType` in onnx.proto. */
  readonly code: number;
  /** Bits of one element in `raw_data`; 0 where there is no raw form. */
  readonly bits: number;
  /** The typed field that the specification gives this type. */
  readonly field: TypedField | null;
  /** How many entries of that field one element takes: two for complex numbers, a part where several share one. */
  readonly entriesPerElement: number;
}

/** Element types of ONNX up to IR 14, after the comments of `TensorProto` in onnx.proto. */
export const ELEMENT_TYPES: Readonly<Record<ElementType, ElementTypeFacts>> = {
  undefined: { code: 0, bits: 0, field: null, entriesPerElement: 0 },
  float: { code: 1, bits: 32, field: 'float_data', entriesPerElement: 1 },
  uint8: { code: 2, bits: 8, field: 'int32_data', entriesPerElement: 1 },
  int8: { code: 3, bits: 8, field: 'int32_data', entriesPerElement: 1 },
  uint16: { code: 4, bits: 16, field: 'int32_data', entriesPerElement: 1 },
  int16: { code: 5, bits: 16, field: 'int32_data', entriesPerElement: 1 },
  int32: { code: 6, bits: 32, field: 'int32_data', entriesPerElement: 1 },
  int64: { code: 7, bits: 64, field: 'int64_data', entriesPerElement: 1 },
  string: { code: 8, bits: 0, field: 'string_data', entriesPerElement: 1 },
  bool: { code: 9, bits: 8, field: 'int32_data', entriesPerElement: 1 },
  float16: { code: 10, bits: 16, field: 'int32_data', entriesPerElement: 1 },
  double: { code: 11, bits: 64, field: 'double_data', entriesPerElement: 1 },
  uint32: { code: 12, bits: 32, field: 'uint64_data', entriesPerElement: 1 },
  uint64: { code: 13, bits: 64, field: 'uint64_data', entriesPerElement: 1 },
  complex64: { code: 14, bits: 64, field: 'float_data', entriesPerElement: 2 },
  complex128: { code: 15, bits: 128, field: 'double_data', entriesPerElement: 2 },
  bfloat16: { code: 16, bits: 16, field: 'int32_data', entriesPerElement: 1 },
  float8e4m3fn: { code: 17, bits: 8, field: 'int32_data', entriesPerElement: 1 },
  float8e4m3fnuz: { code: 18, bits: 8, field: 'int32_data', entriesPerElement: 1 },
  float8e5m2: { code: 19, bits: 8, field: 'int32_data', entriesPerElement: 1 },
  float8e5m2fnuz: { code: 20, bits: 8, field: 'int32_data', entriesPerElement: 1 },
  uint4: { code: 21, bits: 4, field: 'int32_data', entriesPerElement: 1 / 2 },
  int4: { code: 22, bits: 4, field: 'int32_data', entriesPerElement: 1 / 2 },
  float4e2m1: { code: 23, bits: 4, field: 'int32_data', entriesPerElement: 1 / 2 },
  float8e8m0: { code: 24, bits: 8, field: 'int32_data', entriesPerElement: 1 },
  uint2: { code: 25, bits: 2, field: 'int32_data', entriesPerElement: 1 / 4 },
  int2: { code: 26, bits: 2, field: 'int32_data', entriesPerElement: 1 / 4 },
  float6e2m3: { code: 27, bits: 6, field: 'int32_data', entriesPerElement: 1 },
  float6e3m2: { code: 28, bits: 6, field: 'int32_data', entriesPerElement: 1 },
};

const BY_CODE: readonly (ElementType | undefined)[] = (() => {
  const names: (ElementType | undefined)[] = [];
  for (const [name, facts] of Object.entries(ELEMENT_TYPES)) names[facts.code] = name as ElementType;
  return names;
})();

/** The element type with this number in onnx.proto, `null` for a number that this reader does not know. */
export function elementTypeOf(code: number): ElementType | null {
  return BY_CODE[code] ?? null;
}
