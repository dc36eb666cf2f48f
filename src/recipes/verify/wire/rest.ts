import type { CaseTensor, Datatype } from '../../../../schemas/case.ts';
import type { Tensors } from '../../../verify/rows.ts';
import { assertElements, isDatatype, isShape, RAW } from './elements.ts';

/** How tensors travel over REST: in JSON, or as bytes behind it. */
export type Encoding = 'json' | 'binary';

export interface Body {
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Buffer;
}

/** A request for inference after the Open Inference Protocol; in binary form it asks for binary outputs too. */
export function encodeRequest(inputs: Tensors, encoding: Encoding): Body {
  return encoding === 'json' ? encodeJson(inputs) : encodeBinary(inputs);
}

function encodeJson(inputs: Tensors): Body {
  const tensors = inputs.map(
    ({ data, ...head }) => `${JSON.stringify(head).slice(0, -1)},"data":[${elementsText(head.datatype, data)}]}`,
  );
  return { headers: { 'content-type': 'application/json' }, bytes: Buffer.from(`{"inputs":[${tensors.join(',')}]}`) };
}

/** What JSON has no words for is written as Python's json and Triton write it; digits of 64-bit integers stand without quotes. */
function elementsText(datatype: Datatype, data: CaseTensor['data']): string {
  if (datatype === 'BYTES') return JSON.stringify(data).slice(1, -1);
  return data.map((value) => (Object.is(value, -0) ? '-0.0' : String(value))).join(',');
}

function encodeBinary(inputs: Tensors): Body {
  const parts = inputs.map(({ datatype, data }) => RAW[datatype].write(data));
  const heads = inputs.map(({ data: _, ...head }, index) => ({
    ...head,
    parameters: { binary_data_size: (parts[index] as Buffer).length },
  }));
  const head = Buffer.from(JSON.stringify({ inputs: heads, parameters: { binary_data_output: true } }));
  return {
    headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(head.length) },
    bytes: Buffer.concat([head, ...parts]),
  };
}

/** The outputs of an answer. Throws an Error that says why it is none. */
export function decodeAnswer(bytes: Buffer, headerLength: number | undefined): Tensors {
  const head = headerLength === undefined ? bytes : bytes.subarray(0, headerLength);
  const parsed = JSON.parse(quoted(head.toString('utf8'))) as { outputs?: unknown };
  if (!Array.isArray(parsed?.outputs)) throw new Error('it has no outputs');
  let at = head.length;
  const outputs = parsed.outputs.map((output: RawOutput): CaseTensor => {
    const { name, datatype, shape, data, parameters } = output;
    if (typeof name !== 'string' || !isDatatype(datatype) || !isShape(shape))
      throw new Error('an output has no name, known datatype or shape');
    const size = parameters?.binary_data_size;
    if (size === undefined) return { name, datatype, shape, data: RAW[datatype].settle(flat(data)) };
    if (!(size >= 0) || at + size > bytes.length) throw new Error(`${name} has fewer bytes than it says`);
    const raw = bytes.subarray(at, at + size);
    at += size;
    return { name, datatype, shape, data: RAW[datatype].read(raw) };
  });
  for (const output of outputs) assertElements(output);
  return outputs;
}

interface RawOutput {
  readonly name?: unknown;
  readonly datatype?: unknown;
  readonly shape?: unknown;
  readonly data?: unknown;
  readonly parameters?: { readonly binary_data_size?: number };
}

/** Words that JSON does not have, and integers that numbers do not hold, in quotes; texts stay as they are. */
function quoted(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g, (found) =>
    found.startsWith('"') ? found : `"${found}"`,
  );
}

/** Clients may nest; the protocol allows both. */
function flat(data: unknown): CaseTensor['data'] {
  if (!Array.isArray(data)) throw new Error('an output has no data');
  return data.flat(Number.POSITIVE_INFINITY) as CaseTensor['data'];
}
