import { halfToNumber } from '../half-float.ts';
import type { Answer } from '../router.ts';
import type { Port, Signature } from '../signature.ts';
import { type Steps, takeAtOnce } from '../take-in-turns.ts';
import type { Elements, Tensors } from '../tensor.ts';
import type { ServedType } from './datatypes.ts';
import { MANY_FLOATS, renderFloats, type WrittenFloats, writeFloats, writeFloatsInSteps } from './floats.ts';
import { writeRawNumbers, writeRawTexts } from './raw-elements.ts';

/** What the answer to one request is made of. */
export interface InferenceResult {
  readonly id: string | undefined;
  /** Parameters that go back with the answer, as JSON without the braces. */
  readonly echo: string;
  readonly outputs: readonly Port[];
  /** Which of `outputs` go back in binary form; `undefined` for none. */
  readonly binary: readonly boolean[] | undefined;
  readonly tensors: Tensors;
}

/** A tensor's elements: as JSON, flat and without the brackets, or in binary form. */
interface WrittenElements {
  readonly pieces: readonly Uint8Array[];
  readonly spent: readonly Uint8Array[];
}

export type WrittenOutputs = ReadonlyMap<Port, WrittenElements>;

/** With what has been written of it already. */
export type ResultEncoder = (result: InferenceResult, written?: WrittenOutputs) => Answer;

/** Writes inference results in the protocol's REST form; what is the same in every answer is written once. */
export function makeResultEncoder(signature: Signature): ResultEncoder {
  const { name, version, outputs } = signature;
  const head = `{"model_name":${JSON.stringify(name)},"model_version":${JSON.stringify(version)},`;
  const heads = new Map(
    outputs.map((port) => [port, `{"name":${JSON.stringify(port.name)},"datatype":"${port.datatype.name}","shape":[`]),
  );
  return ({ id, echo, outputs: wanted, binary, tensors }, written) => {
    let text = id === undefined ? head : `${head}"id":${JSON.stringify(id)},`;
    if (echo !== '') text += `"parameters":{${echo}},`;
    let separator = '"outputs":[';
    let pieces: Pieces | undefined;
    for (let index = 0; index < wanted.length; index++) {
      const port = wanted[index] as Port;
      const tensor = tensors[port.name];
      if (tensor === undefined) throw new Error(`the runtime gave no output "${port.name}"`);
      const { data } = tensor;
      text += `${separator}${heads.get(port)}${tensor.dims.join(',')}],`;
      if (binary?.[index]) {
        pieces ??= { json: [], tail: [], spent: [] };
        const bytes = written?.get(port)?.pieces[0] ?? writeBinary(data);
        pieces.tail.push(bytes);
        pieces.spent.push(bytes);
        text += `"parameters":{"binary_data_size":${bytes.length}}}`;
      } else if (written?.has(port) || isManyFloats(data)) {
        pieces ??= { json: [], tail: [], spent: [] };
        const { pieces: json, spent } = written?.get(port) ?? asWritten(writeFloats(data as ManyFloats));
        pieces.json.push(Buffer.from(`${text}"data":[`), ...json);
        pieces.spent.push(...spent);
        text = ']}';
      } else text += `"data":[${renderElements(port.type, data)}]}`;
      separator = ',';
    }
    text += ']}';
    if (pieces === undefined) return { status: 200, body: text };
    pieces.json.push(Buffer.from(text));
    return joined(pieces, binary !== undefined);
  };
}

/** Elements that take half a millisecond and more to write as JSON. */
export const LONG_ELEMENTS = 2 ** 15;

/** Elements that are written at a time, where there are many. */
const STEP_ELEMENTS = 2 ** 13;

/** Whether others should have their turn while the result is written. */
export function isLong({ outputs, binary, tensors }: InferenceResult): boolean {
  let elements = 0;
  for (let index = 0; index < outputs.length; index++) {
    const data = tensors[(outputs[index] as Port).name]?.data;
    // Numbers in binary form go out as they lie.
    if (data !== undefined && (!binary?.[index] || Array.isArray(data))) elements += data.length;
  }
  return elements >= LONG_ELEMENTS;
}

/** Writes the elements of a long result step by step; the encoder puts the rest around them. */
export function* writeLongOutputs({ outputs, binary, tensors }: InferenceResult): Steps<WrittenOutputs> {
  const written = new Map<Port, WrittenElements>();
  for (const [index, port] of outputs.entries()) {
    const data = tensors[port.name]?.data;
    if (data === undefined || data.length < MANY_FLOATS) continue;
    if (binary?.[index]) {
      if (Array.isArray(data)) written.set(port, { pieces: [yield* writeRawTexts(data)], spent: [] });
    } else if (isManyFloats(data)) written.set(port, asWritten(yield* writeFloatsInSteps(data, STEP_ELEMENTS)));
    else written.set(port, { pieces: yield* writeElementsInSteps(port.type, data), spent: [] });
  }
  return written;
}

/** The binary form of elements. */
function writeBinary(data: Elements): Uint8Array {
  return Array.isArray(data) ? takeAtOnce(writeRawTexts(data)) : writeRawNumbers(data);
}

function* writeElementsInSteps(type: ServedType, data: Elements): Steps<Uint8Array[]> {
  const json: Uint8Array[] = [];
  for (let from = 0; from < data.length; from += STEP_ELEMENTS) {
    const text = renderElements(type, partOf(data, from, from + STEP_ELEMENTS));
    json.push(Buffer.from(from > 0 ? `,${text}` : text));
    yield;
  }
  return json;
}

/** Elements of a tensor, without copying numbers. */
export function partOf(data: Elements, from: number, end: number): Elements {
  return Array.isArray(data) ? data.slice(from, end) : data.subarray(from, end);
}

type ManyFloats = Float32Array | Float64Array;

function isManyFloats(data: Elements): data is ManyFloats {
  return data.length >= MANY_FLOATS && (data instanceof Float32Array || data instanceof Float64Array);
}

function asWritten({ bytes, buffer }: WrittenFloats): WrittenElements {
  return { pieces: [bytes], spent: [buffer] };
}

/** What an answer is made of where it is more than a text. */
interface Pieces {
  readonly json: Uint8Array[];
  /** Binary tensors, which follow the JSON. */
  readonly tail: Uint8Array[];
  /** Buffers that are nobody else's. */
  readonly spent: Uint8Array[];
}

function joined({ json, tail, spent }: Pieces, isBinary: boolean): Answer {
  if (!isBinary) return { status: 200, body: json, spent };
  const jsonBytes = json.reduce((sum, { length }) => sum + length, 0);
  return {
    status: 200,
    body: [...json, ...tail],
    contentType: 'application/octet-stream',
    headers: { 'inference-header-content-length': `${jsonBytes}` },
    spent,
  };
}

/** A tensor's elements as JSON, flat and without the brackets. */
export function renderElements(type: ServedType, data: Elements): string {
  return RENDERERS[type](data);
}

const RENDERERS: Readonly<Record<ServedType, (data: Elements) => string>> = {
  float: (data) => renderFloats(data as Float32Array),
  double: (data) => renderFloats(data as Float64Array),
  float16: (data) => renderFloats(Float32Array.from(data as Uint16Array, halfToNumber)),
  int8: commaSeparated,
  uint8: commaSeparated,
  int16: commaSeparated,
  uint16: commaSeparated,
  int32: commaSeparated,
  uint32: commaSeparated,
  // Joining 64-bit integers writes all their digits, where a way through numbers would round beyond 2^53.
  int64: commaSeparated,
  uint64: commaSeparated,
  bool: (data) => Array.from(data as Uint8Array, (element) => (element === 0 ? 'false' : 'true')).join(','),
  string: (data) => JSON.stringify(data).slice(1, -1),
};

function commaSeparated(data: Elements): string {
  return data.join(',');
}
