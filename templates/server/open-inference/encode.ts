import { halfToNumber } from '../half-float.ts';
import type { Answer } from '../router.ts';
import type { Port, Signature } from '../signature.ts';
import type { Elements, Tensors } from '../tensor.ts';
import type { ServedType } from './datatypes.ts';
import { MANY_FLOATS, renderFloats, writeFloats } from './floats.ts';
import { writeRawElements } from './raw-elements.ts';

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

/** Writes inference results in the protocol's REST form; what is the same in every answer is written once. */
export function makeResultEncoder(signature: Signature): (result: InferenceResult) => Answer {
  const { name, version, outputs } = signature;
  const head = `{"model_name":${JSON.stringify(name)},"model_version":${JSON.stringify(version)},`;
  const heads = new Map(
    outputs.map((port) => [port, `{"name":${JSON.stringify(port.name)},"datatype":"${port.datatype.name}","shape":[`]),
  );
  return ({ id, echo, outputs: wanted, binary, tensors }) => {
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
        const bytes = writeRawElements(data);
        pieces.tail.push(bytes);
        pieces.spent.push(bytes);
        text += `"parameters":{"binary_data_size":${bytes.length}}}`;
      } else if (isManyFloats(data)) {
        pieces ??= { json: [], tail: [], spent: [] };
        const { bytes, buffer } = writeFloats(data);
        pieces.json.push(Buffer.from(`${text}"data":[`), bytes);
        pieces.spent.push(buffer);
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

function isManyFloats(data: Elements): data is Float32Array | Float64Array {
  return data.length >= MANY_FLOATS && (data instanceof Float32Array || data instanceof Float64Array);
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
