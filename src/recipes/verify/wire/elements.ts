import type { CaseTensor, Datatype } from '../../../../schemas/case.ts';
import { float16ToNumber } from '../../../onnx/small-floats.ts';
import { numberToFloat16 } from '../../../validate/runtime/number-to-float16.ts';

interface Raw {
  readonly write: (data: CaseTensor['data']) => Buffer;
  readonly read: (bytes: Buffer) => CaseTensor['data'];
  /** Elements that JSON gave, as a case has them. */
  readonly settle: (data: CaseTensor['data']) => CaseTensor['data'];
}

export type Element = CaseTensor['data'][number];

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

export const wide = (value: bigint): Element => (Number.isSafeInteger(Number(value)) ? Number(value) : String(value));
const settleWide = (value: Element): Element => wide(BigInt(String(value)));

/** Elements as bytes, little-endian: what follows JSON over REST, and raw contents over gRPC. */
export const RAW: Readonly<Record<Datatype, Raw>> = {
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

/** Throws an Error where an output does not have as many elements as its shape says. */
export function assertElements({ name, shape, data }: CaseTensor): void {
  const wanted = shape.reduce((product, size) => product * size, 1);
  if (data.length !== wanted) throw new Error(`${name} has ${data.length} elements, and the shape [${shape}]`);
}

export function isDatatype(text: unknown): text is Datatype {
  return typeof text === 'string' && Object.hasOwn(RAW, text);
}

export function isShape(shape: unknown): shape is number[] {
  return Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && size >= 0);
}
