/**
 * What an ONNX file says, weights excluded. Field names follow onnx.proto; everything is immutable. `readModel` makes these
 * values from bytes, `writeModel` turns them back into bytes. A message that was read and not replaced is written as the
 * bytes it was read from; so an edit is a new value that shares what it leaves alone.
 */

/** Element types by the names of `TensorProto.DataType`, lower case. */
export type ElementType =
  | 'undefined'
  | 'float'
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'string'
  | 'bool'
  | 'float16'
  | 'double'
  | 'uint32'
  | 'uint64'
  | 'complex64'
  | 'complex128'
  | 'bfloat16'
  | 'float8e4m3fn'
  | 'float8e4m3fnuz'
  | 'float8e5m2'
  | 'float8e5m2fnuz'
  | 'uint4'
  | 'int4'
  | 'float4e2m1'
  | 'float8e8m0'
  | 'uint2'
  | 'int2'
  | 'float6e2m3'
  | 'float6e3m2';

/** A known size, a named symbol that is the same size wherever it stands, or `null` where the file does not say. */
export type Dimension = number | string | null;

/** Dimensions from the outermost in; `null` where even the rank is not declared. */
export type Shape = readonly Dimension[] | null;

export type ValueType =
  | { readonly kind: 'tensor'; readonly elementType: ElementType; readonly shape: Shape }
  | { readonly kind: 'sparse-tensor'; readonly elementType: ElementType; readonly shape: Shape }
  | { readonly kind: 'sequence'; readonly element: ValueType | null }
  | { readonly kind: 'optional'; readonly element: ValueType | null }
  | { readonly kind: 'map'; readonly key: ElementType; readonly value: ValueType | null }
  | { readonly kind: 'opaque'; readonly domain: string; readonly name: string };

export type Metadata = ReadonlyMap<string, string>;

/** A field that this reader has no name for, kept as its bytes (tag included) so that writing loses nothing. */
export type UnknownFields = readonly Uint8Array[];

/** Where the elements of a tensor are; offsets and lengths are in bytes. */
export type TensorData =
  | { readonly kind: 'raw'; readonly offset: number; readonly length: number }
  /** One of the typed repeated fields: `count` entries of the field; `spans` are the runs of its records, tags included. */
  | { readonly kind: 'typed'; readonly field: TypedField; readonly count: number; readonly spans: readonly Span[] }
  | {
      readonly kind: 'external';
      /** As written in the file, relative to the model's folder; not yet checked. */
      readonly location: string;
      readonly offset: number;
      /** Absent where the file leaves it out: to the end of the external file. */
      readonly length?: number;
      readonly checksum?: string;
      /** All keys and values in the file's order, repeated keys included. Offsets and lengths that are no integer are -1 above. */
      readonly entries?: readonly (readonly [key: string, value: string])[];
    }
  /** Made by an edit, not yet in any file: the bytes as `raw_data` holds them, little-endian. */
  | { readonly kind: 'memory'; readonly bytes: Uint8Array }
  /** Made by an edit: the elements of a string tensor. */
  | { readonly kind: 'memory-strings'; readonly values: readonly Uint8Array[] }
  | { readonly kind: 'none' };

export type TypedField = 'float_data' | 'int32_data' | 'string_data' | 'int64_data' | 'double_data' | 'uint64_data';

export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** A tensor of the file: what it is and where its bytes lie, never the bytes themselves. */
export interface Tensor {
  readonly name: string;
  readonly elementType: ElementType;
  readonly dims: readonly number[];
  readonly data: TensorData;
  readonly docString: string;
  readonly metadata: Metadata;
  /** The whole message in the file; zero for tensors made by an edit. */
  readonly span: Span;
  /** The number in the file, where it names no element type that this reader knows. */
  readonly elementTypeCode?: number;
  /** Further places that also hold data, against the specification; `data` is the one that a runtime would read. */
  readonly alsoStoredIn?: readonly (TypedField | 'raw_data' | 'external_data')[];
  readonly unknown?: UnknownFields;
}

export interface SparseTensor {
  readonly values: Tensor;
  readonly indices: Tensor;
  readonly dims: readonly number[];
  readonly unknown?: UnknownFields;
}

export interface ValueInfo {
  readonly name: string;
  /** `null` where the file declares none. */
  readonly type: ValueType | null;
  readonly docString: string;
  readonly metadata: Metadata;
  readonly unknown: UnknownFields;
}

export type AttributeValue =
  | { readonly kind: 'undefined' }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'int'; readonly value: bigint }
  | { readonly kind: 'string'; readonly value: Uint8Array }
  | { readonly kind: 'tensor'; readonly value: Tensor }
  | { readonly kind: 'graph'; readonly value: Graph }
  | { readonly kind: 'sparse-tensor'; readonly value: SparseTensor }
  | { readonly kind: 'type'; readonly value: ValueType }
  /**
   * Long lists (trees have millions of entries) stay in the file: `count` elements in `spans`, the runs of the field's
   * records; `values()` reads them. Lists made by an edit have no spans.
   */
  | {
      readonly kind: 'floats';
      readonly count: number;
      readonly spans: readonly Span[];
      readonly values: () => readonly number[];
    }
  | {
      readonly kind: 'ints';
      readonly count: number;
      readonly spans: readonly Span[];
      readonly values: () => readonly bigint[];
    }
  | {
      readonly kind: 'strings';
      readonly count: number;
      readonly spans: readonly Span[];
      readonly values: () => readonly Uint8Array[];
    }
  | { readonly kind: 'tensors'; readonly values: readonly Tensor[] }
  | { readonly kind: 'graphs'; readonly values: readonly Graph[] }
  | { readonly kind: 'sparse-tensors'; readonly values: readonly SparseTensor[] }
  | { readonly kind: 'types'; readonly values: readonly ValueType[] };

export interface Attribute {
  readonly name: string;
  /** Inside a function: the name of the function's attribute whose value is taken. */
  readonly reference: string;
  readonly docString: string;
  /** By the declared type; where the file declares none, by the one field that holds a value. */
  readonly value: AttributeValue;
  /** `AttributeProto.type` as the file has it, 0 where it is absent. */
  readonly declaredType?: number;
  /** The value fields that the file fills, by their names in onnx.proto; the specification wants exactly one. */
  readonly populated?: readonly string[];
  readonly unknown: UnknownFields;
}

export interface Node {
  readonly name: string;
  readonly opType: string;
  /** Empty for the default domain, as `ai.onnx` is normalised. */
  readonly domain: string;
  /** Which of several functions with one name is meant; empty for most. */
  readonly overload: string;
  /** Empty names are inputs that are left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: readonly Attribute[];
  readonly docString: string;
  readonly metadata: Metadata;
  /** Which devices run it, for models split over several: one `NodeDeviceConfigurationProto` each, as bytes. */
  readonly deviceConfigurations?: readonly Uint8Array[];
  readonly unknown: UnknownFields;
}

export interface QuantizationAnnotation {
  readonly tensorName: string;
  readonly parameters: Metadata;
  readonly unknown?: UnknownFields;
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly initializers: readonly Tensor[];
  readonly sparseInitializers: readonly SparseTensor[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly valueInfos: readonly ValueInfo[];
  readonly quantizationAnnotations: readonly QuantizationAnnotation[];
  readonly docString: string;
  readonly metadata: Metadata;
  readonly unknown: UnknownFields;
}

export interface OpsetImport {
  /** Empty for the default domain, as `ai.onnx` is normalised. */
  readonly domain: string;
  readonly version: number;
  readonly unknown?: UnknownFields;
}

/** A function that the model carries with it, in terms of other operators. */
export interface LocalFunction {
  readonly name: string;
  readonly domain: string;
  readonly overload: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Names of attributes without a default. */
  readonly attributes: readonly string[];
  /** Attributes with their default. */
  readonly attributeDefaults: readonly Attribute[];
  readonly nodes: readonly Node[];
  readonly opsetImports: readonly OpsetImport[];
  readonly valueInfos: readonly ValueInfo[];
  readonly docString: string;
  readonly metadata: Metadata;
  readonly unknown: UnknownFields;
}

export interface Model {
  /** Where it was read from; external data is relative to this file's folder. */
  readonly path: string;
  /** Bytes of the file itself, external data not counted. */
  readonly fileBytes: number;
  readonly irVersion: number;
  readonly opsetImports: readonly OpsetImport[];
  readonly producerName: string;
  readonly producerVersion: string;
  readonly domain: string;
  readonly modelVersion: bigint;
  readonly docString: string;
  readonly graph: Graph;
  readonly functions: readonly LocalFunction[];
  readonly metadata: Metadata;
  /** Training graphs stay in the file, each a `TrainingInfoProto`; their presence is a fact for the checks. */
  readonly trainingInfoCount: number;
  readonly trainingInfo?: readonly Span[];
  /** The devices that nodes may name: one `DeviceConfigurationProto` each, as bytes. */
  readonly deviceConfigurations?: readonly Uint8Array[];
  /** What the reader could read but a careful writer would not have written; the first of them, in the file's order. */
  readonly irregularities?: readonly Irregularity[];
  readonly unknown: UnknownFields;
}

/** What reading a tensor's data needs of the model: the file, in whose folder external data lie. */
export type ModelPlace = Pick<Model, 'path'>;

/** Bytes that protobuf accepts and that probably mean a damaged or merged file. */
export interface Irregularity {
  readonly kind: 'invalid-utf8' | 'repeated-message' | 'duplicate-key' | 'unknown-element-type';
  /** What was found, as one clause. */
  readonly message: string;
  readonly offset: number;
}
