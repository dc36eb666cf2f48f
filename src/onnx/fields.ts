import type { TypedField } from './model.ts';

/**
 * The tags of onnx.proto (1.23, IR 14): field number and wire type as they stand on the wire. A known number with another
 * wire type is an unknown field, as protobuf has it.
 */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const;

const varint = (field: number): number => (field << 3) | WIRE.varint;
const fixed64 = (field: number): number => (field << 3) | WIRE.fixed64;
const bytes = (field: number): number => (field << 3) | WIRE.bytes;
const fixed32 = (field: number): number => (field << 3) | WIRE.fixed32;

export const MODEL = {
  irVersion: varint(1),
  producerName: bytes(2),
  producerVersion: bytes(3),
  domain: bytes(4),
  modelVersion: varint(5),
  docString: bytes(6),
  graph: bytes(7),
  opsetImport: bytes(8),
  metadata: bytes(14),
  trainingInfo: bytes(20),
  functions: bytes(25),
  configuration: bytes(26),
};

export const GRAPH = {
  node: bytes(1),
  name: bytes(2),
  initializer: bytes(5),
  docString: bytes(10),
  input: bytes(11),
  output: bytes(12),
  valueInfo: bytes(13),
  quantizationAnnotation: bytes(14),
  sparseInitializer: bytes(15),
  metadata: bytes(16),
};

export const NODE = {
  input: bytes(1),
  output: bytes(2),
  name: bytes(3),
  opType: bytes(4),
  attribute: bytes(5),
  docString: bytes(6),
  domain: bytes(7),
  overload: bytes(8),
  metadata: bytes(9),
  deviceConfigurations: bytes(10),
};

export const ATTRIBUTE = {
  name: bytes(1),
  f: fixed32(2),
  i: varint(3),
  s: bytes(4),
  t: bytes(5),
  g: bytes(6),
  floats: fixed32(7),
  floatsPacked: bytes(7),
  ints: varint(8),
  intsPacked: bytes(8),
  strings: bytes(9),
  tensors: bytes(10),
  graphs: bytes(11),
  docString: bytes(13),
  tp: bytes(14),
  typeProtos: bytes(15),
  type: varint(20),
  reference: bytes(21),
  sparseTensor: bytes(22),
  sparseTensors: bytes(23),
};

export const FUNCTION = {
  name: bytes(1),
  input: bytes(4),
  output: bytes(5),
  attribute: bytes(6),
  node: bytes(7),
  docString: bytes(8),
  opsetImport: bytes(9),
  domain: bytes(10),
  attributeDefaults: bytes(11),
  valueInfo: bytes(12),
  overload: bytes(13),
  metadata: bytes(14),
};

export const VALUE_INFO = { name: bytes(1), type: bytes(2), docString: bytes(3), metadata: bytes(4) };

export const TYPE = {
  tensor: bytes(1),
  sequence: bytes(4),
  map: bytes(5),
  denotation: bytes(6),
  opaque: bytes(7),
  sparseTensor: bytes(8),
  optional: bytes(9),
};

/** Of tensor and sparse tensor types. */
export const TENSOR_TYPE = { elementType: varint(1), shape: bytes(2) };
/** Of sequence and optional types. */
export const ELEMENT_OF = { element: bytes(1) };
export const MAP_TYPE = { key: varint(1), value: bytes(2) };
export const OPAQUE_TYPE = { domain: bytes(1), name: bytes(2) };
export const SHAPE = { dimension: bytes(1) };
export const DIMENSION = { value: varint(1), parameter: bytes(2), denotation: bytes(3) };

export const TENSOR = {
  dims: varint(1),
  dimsPacked: bytes(1),
  dataType: varint(2),
  segment: bytes(3),
  name: bytes(8),
  rawData: bytes(9),
  docString: bytes(12),
  externalData: bytes(13),
  dataLocation: varint(14),
  metadata: bytes(16),
};

export const SPARSE_TENSOR = { values: bytes(1), indices: bytes(2), dims: varint(3), dimsPacked: bytes(3) };

export const OPSET = { domain: bytes(1), version: varint(2) };
/** Of `StringStringEntryProto`. */
export const ENTRY = { key: bytes(1), value: bytes(2) };
export const ANNOTATION = { tensorName: bytes(1), parameters: bytes(2) };

/** How one element of a repeated field stands on the wire. */
export type ListEncoding = 'varint' | 'fixed32' | 'fixed64' | 'bytes';

export interface ListField {
  readonly encoding: ListEncoding;
  /** Tag of a record with one element. */
  readonly tag: number;
  /** Tag of a record with several elements one after another; absent for strings, which are never packed. */
  readonly packedTag?: number;
}

export const ATTRIBUTE_LISTS = {
  floats: { encoding: 'fixed32', tag: ATTRIBUTE.floats, packedTag: ATTRIBUTE.floatsPacked },
  ints: { encoding: 'varint', tag: ATTRIBUTE.ints, packedTag: ATTRIBUTE.intsPacked },
  strings: { encoding: 'bytes', tag: ATTRIBUTE.strings },
} as const satisfies Readonly<Record<string, ListField>>;

export const TENSOR_LISTS: Readonly<Record<TypedField, ListField>> = {
  float_data: { encoding: 'fixed32', tag: fixed32(4), packedTag: bytes(4) },
  int32_data: { encoding: 'varint', tag: varint(5), packedTag: bytes(5) },
  string_data: { encoding: 'bytes', tag: bytes(6) },
  int64_data: { encoding: 'varint', tag: varint(7), packedTag: bytes(7) },
  double_data: { encoding: 'fixed64', tag: fixed64(10), packedTag: bytes(10) },
  uint64_data: { encoding: 'varint', tag: varint(11), packedTag: bytes(11) },
};
