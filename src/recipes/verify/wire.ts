import type { CaseTensor, Datatype } from '../../../schemas/case.ts';
import { float16ToNumber } from '../../onnx/small-floats.ts';
import { numberToFloat16 } from '../../validate/runtime/number-to-float16.ts';
import type { Tensors } from '../../verify/rows.ts';

/** How tensors travel: in JSON, or as bytes behind it. */
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
  return parsed.outputs.map((output: RawOutput) => {
    const { name, datatype, shape, data, parameters } = output;
    const type = typeof datatype === 'string' && Object.hasOwn(RAW, datatype) ? RAW[datatype as Datatype] : undefined;
    if (typeof name !== 'string' || type === undefined || !isShape(shape))
      throw new Error('an output has no name, known datatype or shape');
    const size = parameters?.binary_data_size;
    if (size === undefined) return { name, datatype: datatype as Datatype, shape, data: type.settle(flat(data)) };
    if (!(size >= 0) || at + size > bytes.length) throw new Error(`${name} has fewer bytes than it says`);
    const raw = bytes.subarray(at, at + size);
    at += size;
    return { name, datatype: datatype as Datatype, shape, data: type.read(raw) };
  });
}

interface RawOutput {
  readonly name?: unknown;
  readonly datatype?: unknown;
  readonly shape?: unknown;
  readonly data?: unknown;
  readonly parameters?: { readonly binary_data_size?: number };
}

function isShape(shape: unknown): shape is number[] {
  return Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && size >= 0);
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

interface Raw {
  readonly write: (data: CaseTensor['data']) => Buffer;
  readonly read: (bytes: Buffer) => CaseTensor['data'];
  /** Elements that JSON gave, as a case has them. */
  readonly settle: (data: CaseTensor['data']) => CaseTensor['data'];
}

type Element = CaseTensor['data'][number];

function fixed(
  bytes: number,
  {
    write,
    read,
    settle,
  }: {
    readonly write: (target: Buffer, value: Element, at: number) => unknown;
    readonly read: (source: Buffer, at: number) => Element;
    readonly settle: (value: Element) => Element;
  },
): Raw {
  return {
    write: (data) => {
      const target = Buffer.alloc(data.length * bytes);
      for (const [index, value] of data.entries()) write(target, value, index * bytes);
      return target;
    },
    read: (source) =>
      Array.from({ length: Math.floor(source.length / bytes) }, (_, index) => read(source, index * bytes)),
    settle: (data) => data.map(settle),
  };
}

type Writer =
  | 'writeUInt8'
  | 'writeUInt16LE'
  | 'writeUInt32LE'
  | 'writeInt8'
  | 'writeInt16LE'
  | 'writeInt32LE'
  | 'writeFloatLE'
  | 'writeDoubleLE';
type Reader =
  | 'readUInt8'
  | 'readUInt16LE'
  | 'readUInt32LE'
  | 'readInt8'
  | 'readInt16LE'
  | 'readInt32LE'
  | 'readFloatLE'
  | 'readDoubleLE';

/** A type that a number of JavaScript holds, as a buffer writes and reads it. */
function numbers(bytes: number, write: Writer, read: Reader): Raw {
  return fixed(bytes, {
    write: (to, value, at) => to[write](Number(value), at),
    read: (from, at) => from[read](at),
    settle: Number,
  });
}

const wide = (value: bigint): Element => (Number.isSafeInteger(Number(value)) ? Number(value) : String(value));
const settleWide = (value: Element): Element => wide(BigInt(String(value)));

const RAW: Readonly<Record<Datatype, Raw>> = {
  BOOL: fixed(1, {
    write: (to, value, at) => to.writeUInt8(value ? 1 : 0, at),
    read: (from, at) => from.readUInt8(at) !== 0,
    settle: Boolean,
  }),
  UINT8: numbers(1, 'writeUInt8', 'readUInt8'),
  UINT16: numbers(2, 'writeUInt16LE', 'readUInt16LE'),
  UINT32: numbers(4, 'writeUInt32LE', 'readUInt32LE'),
  UINT64: fixed(8, {
    write: (to, value, at) => to.writeBigUInt64LE(BigInt(value), at),
    read: (from, at) => wide(from.readBigUInt64LE(at)),
    settle: settleWide,
  }),
  INT8: numbers(1, 'writeInt8', 'readInt8'),
  INT16: numbers(2, 'writeInt16LE', 'readInt16LE'),
  INT32: numbers(4, 'writeInt32LE', 'readInt32LE'),
  INT64: fixed(8, {
    write: (to, value, at) => to.writeBigInt64LE(BigInt(value), at),
    read: (from, at) => wide(from.readBigInt64LE(at)),
    settle: settleWide,
  }),
  FP16: fixed(2, {
    write: (to, value, at) => to.writeUInt16LE(numberToFloat16(Number(value)), at),
    read: (from, at) => float16ToNumber(from.readUInt16LE(at)),
    settle: Number,
  }),
  FP32: numbers(4, 'writeFloatLE', 'readFloatLE'),
  FP64: numbers(8, 'writeDoubleLE', 'readDoubleLE'),
  BYTES: { write: writeTexts, read: readTexts, settle: (data) => data.map(String) },
};

/** Each text after its length in four bytes. */
function writeTexts(data: CaseTensor['data']): Buffer {
  return Buffer.concat(
    data.flatMap((value) => {
      const text = Buffer.from(String(value));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(text.length);
      return [length, text];
    }),
  );
}

function readTexts(bytes: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    texts.push(bytes.toString('utf8', at + 4, at + 4 + length));
    at += 4 + length;
  }
  return texts;
}
