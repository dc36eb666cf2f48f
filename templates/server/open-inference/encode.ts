import { halfToNumber } from '../half-float.ts';
import type { Answer } from '../router.ts';
import type { Port, Signature } from '../signature.ts';
import type { Elements, Tensors } from '../tensor.ts';
import type { ServedType } from './datatypes.ts';
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
    const tail: Uint8Array[] = [];
    for (let index = 0; index < wanted.length; index++) {
      const port = wanted[index] as Port;
      const tensor = tensors[port.name];
      if (tensor === undefined) throw new Error(`the runtime gave no output "${port.name}"`);
      text += `${separator}${heads.get(port)}${tensor.dims.join(',')}],`;
      if (binary?.[index]) {
        const bytes = writeRawElements(tensor.data);
        tail.push(bytes);
        text += `"parameters":{"binary_data_size":${bytes.length}}}`;
      } else text += `"data":[${renderElements(port.type, tensor.data)}]}`;
      separator = ',';
    }
    text += ']}';
    return binary === undefined ? { status: 200, body: text } : withTail(text, tail);
  };
}

function withTail(text: string, tail: readonly Uint8Array[]): Answer {
  const json = Buffer.from(text);
  return {
    status: 200,
    body: [json, ...tail],
    contentType: 'application/octet-stream',
    headers: { 'inference-header-content-length': `${json.length}` },
    spent: tail,
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
  int8: joined,
  uint8: joined,
  int16: joined,
  uint16: joined,
  int32: joined,
  uint32: joined,
  // Joining 64-bit integers writes all their digits, where a way through numbers would round beyond 2^53.
  int64: joined,
  uint64: joined,
  bool: (data) => Array.from(data as Uint8Array, (element) => (element === 0 ? 'false' : 'true')).join(','),
  string: (data) => JSON.stringify(data).slice(1, -1),
};

function joined(data: Elements): string {
  return data.join(',');
}

/**
 * Each number as the double that equals it. What JSON has no words for is written `NaN`, `Infinity` and `-Infinity`, which
 * Triton's server writes, and its clients and Python's json read; `null`, which JavaScript writes, would hide which it was.
 */
function renderFloats(data: Float32Array | Float64Array): string {
  if (data.length < FEW) return joinFloats(data);
  return isPlain(data) ? JSON.stringify(Array.from(data)).slice(1, -1) : Array.from(data, renderFloat).join(',');
}

/** So few numbers are quicker written one by one than made into an array for JavaScript's own JSON. */
const FEW = 8;

function joinFloats(data: Float32Array | Float64Array): string {
  let text = '';
  for (let index = 0; index < data.length; index++) {
    const value = data[index] as number;
    text += index === 0 ? renderFloat(value) : `,${renderFloat(value)}`;
  }
  return text;
}

/** Whether JavaScript's own JSON writes all of the numbers exactly: all finite, and no negative zero, whose sign it drops. */
function isPlain(data: Float32Array | Float64Array): boolean {
  for (const value of data) if (value - value !== 0 || (value === 0 && 1 / value < 0)) return false;
  return true;
}

function renderFloat(value: number): string {
  return Object.is(value, -0) ? '-0.0' : String(value);
}
