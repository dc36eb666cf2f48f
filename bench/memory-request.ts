import type { Model } from '../src/onnx/model.ts';
import type { Sizes } from './memory-truth.ts';

/** How tensors travel: as the Open Inference Protocol's JSON, or as its binary extension has them. */
export type Travel = 'json' | 'binary';

/** A request as bytes, made once and sent as often as wanted. */
export interface MadeRequest {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

interface Kind {
  readonly datatype: string;
  readonly array: (count: number) => ArrayBufferView & ArrayLike<number | bigint>;
}

const TEXT = 'some words';

/** As the binary extension writes a text. */
const LENGTH_AND_TEXT = Buffer.concat([Buffer.from(Uint32Array.of(TEXT.length).buffer), Buffer.from(TEXT)]);

/** Floats are what clients send that hold them in 32 bits: most take 17 to 20 letters as JSON. */
const sines = (index: number) => Math.fround(Math.sin(index));

const KINDS: Readonly<Record<string, Kind>> = {
  float: { datatype: 'FP32', array: (count) => Float32Array.from({ length: count }, (_, index) => sines(index)) },
  double: { datatype: 'FP64', array: (count) => Float64Array.from({ length: count }, (_, index) => Math.sin(index)) },
  float16: { datatype: 'FP16', array: (count) => new Uint16Array(count).fill(0x3800) },
  int64: { datatype: 'INT64', array: (count) => new BigInt64Array(count).fill(1n) },
  int32: { datatype: 'INT32', array: (count) => new Int32Array(count).fill(1) },
  uint8: { datatype: 'UINT8', array: (count) => new Uint8Array(count).fill(1) },
  int8: { datatype: 'INT8', array: (count) => new Int8Array(count).fill(1) },
  bool: { datatype: 'BOOL', array: (count) => new Uint8Array(count).fill(1) },
  string: { datatype: 'BYTES', array: (count) => Buffer.concat(new Array<Buffer>(count).fill(LENGTH_AND_TEXT)) },
};

export interface Sending {
  readonly travel: Travel;
  /** What inputs of one float without dimensions hold. */
  readonly scalar?: number;
  /** Elements of an input before what is said of them: then the server holds their text as well, as it does for nested ones. */
  readonly elementsFirst?: boolean;
}

/** A request for all outputs of a model, its open dimensions at these sizes; `name=` among them is what an input of one element holds. */
export function makeRequest(
  { graph }: Model,
  sizes: Sizes,
  { travel, scalar, elementsFirst = false }: Sending,
): MadeRequest {
  const stored = new Set(graph.initializers.map(({ name }) => name));
  const tensors = graph.inputs
    .filter(({ name }) => !stored.has(name))
    .map(({ name, type }) => {
      if (type?.kind !== 'tensor' || type.shape === null) throw new Error(`input ${name} is no tensor with a shape`);
      const shape = type.shape.map((size, axis) =>
        typeof size === 'number' && size >= 0 ? size : (sizes[size ?? `${name}[${axis}]`] ?? 1),
      );
      const count = shape.reduce((product, size) => product * size, 1);
      return {
        name,
        shape,
        elementType: type.elementType,
        count,
        scalar: sizes[`${name}=`] ?? (shape.length === 0 && type.elementType === 'float' ? scalar : undefined),
      };
    });
  return travel === 'json' ? asJson(tensors, elementsFirst) : asBinary(tensors);
}

interface Wanted {
  readonly name: string;
  readonly shape: readonly number[];
  readonly elementType: string;
  readonly count: number;
  readonly scalar: number | undefined;
}

function asJson(tensors: readonly Wanted[], elementsFirst: boolean): MadeRequest {
  const inputs = tensors.map(({ name, shape, elementType, count, scalar }) => {
    const made = elementsOf(elementType, count);
    const { datatype, data } = scalar === undefined ? made : { ...made, data: `[${scalar}]` };
    const facts = JSON.stringify({ name, datatype, shape }).slice(1, -1);
    return elementsFirst ? `{"data":${data},${facts}}` : `{${facts},"data":${data}}`;
  });
  const body = Buffer.from(`{"inputs":[${inputs.join(',')}]}`);
  return { body, headers: { 'content-type': 'application/json' } };
}

function elementsOf(elementType: string, count: number): { readonly datatype: string; readonly data: string } {
  if (elementType === 'string') return { datatype: 'BYTES', data: JSON.stringify(new Array(count).fill(TEXT)) };
  const { datatype, array } = kindOf(elementType);
  const data =
    elementType === 'float16'
      ? new Array(count).fill(0.5)
      : elementType === 'bool'
        ? new Array(count).fill(true)
        : Array.from(array(count), Number);
  return { datatype, data: JSON.stringify(data) };
}

function asBinary(tensors: readonly Wanted[]): MadeRequest {
  const parts: Buffer[] = [];
  const inputs = tensors.map(({ name, shape, elementType, count, scalar }) => {
    const { datatype, array } = kindOf(elementType);
    const data = scalar === undefined ? array(count) : oneOf(array(1), scalar);
    parts.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    return { name, datatype, shape, parameters: { binary_data_size: data.byteLength } };
  });
  const head = Buffer.from(JSON.stringify({ inputs, parameters: { binary_data_output: true } }));
  return {
    body: Buffer.concat([head, ...parts]),
    headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(head.length) },
  };
}

function oneOf(array: ReturnType<Kind['array']>, value: number): ArrayBufferView {
  if (array instanceof BigInt64Array) return array.fill(BigInt(value));
  return array instanceof Float64Array || array instanceof Int32Array ? array.fill(value) : Float32Array.of(value);
}

function kindOf(elementType: string): Kind {
  const kind = KINDS[elementType];
  if (!kind) throw new Error(`no elements are made of type ${elementType}`);
  return kind;
}
