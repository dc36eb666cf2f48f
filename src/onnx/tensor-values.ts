import type { ElementType } from './model.ts';
import { SMALL_FLOATS, smallFloatToNumber } from './small-floats.ts';

/** Elements in row-major order. Complex numbers are pairs: real part, imaginary part. */
export type TensorValues =
  | { readonly kind: 'number'; readonly values: readonly number[] }
  /** Of 64-bit integers, which numbers cannot hold. */
  | { readonly kind: 'bigint'; readonly values: readonly bigint[] }
  | { readonly kind: 'boolean'; readonly values: readonly boolean[] }
  | { readonly kind: 'string'; readonly values: readonly string[] };

interface RawElements {
  /** As `raw_data` holds them. */
  readonly bytes: Uint8Array;
  readonly count: number;
}

/** Decodes elements from the form that they have in `raw_data`. */
export function decodeValues(elementType: ElementType, raw: RawElements): TensorValues {
  if (elementType === 'bool') return { kind: 'boolean', values: Array.from(raw.bytes, (byte) => byte !== 0) };
  // A copy begins at a multiple of eight bytes, which the views need. Node runs on little-endian processors alone.
  const { buffer } = raw.bytes.slice();
  if (elementType === 'int64') return { kind: 'bigint', values: Array.from(new BigInt64Array(buffer)) };
  if (elementType === 'uint64') return { kind: 'bigint', values: Array.from(new BigUint64Array(buffer)) };
  const whole = VIEWS[elementType];
  if (whole) return { kind: 'number', values: Array.from(whole(buffer)) };
  const view = new DataView(buffer);
  const read = READERS[elementType];
  return { kind: 'number', values: Array.from({ length: raw.count }, (_, index) => read?.(view, index) ?? 0) };
}

/** Types whose elements JavaScript has arrays of; complex numbers are pairs in them. */
const VIEWS: Partial<Readonly<Record<ElementType, (buffer: ArrayBuffer) => Iterable<number>>>> = {
  float: (buffer) => new Float32Array(buffer),
  double: (buffer) => new Float64Array(buffer),
  complex64: (buffer) => new Float32Array(buffer),
  complex128: (buffer) => new Float64Array(buffer),
  // The upper half of a float.
  bfloat16: (buffer) =>
    new Float32Array(Uint32Array.from(new Uint16Array(buffer), (upper) => (upper << 16) >>> 0).buffer),
  uint8: (buffer) => new Uint8Array(buffer),
  int8: (buffer) => new Int8Array(buffer),
  uint16: (buffer) => new Uint16Array(buffer),
  int16: (buffer) => new Int16Array(buffer),
  int32: (buffer) => new Int32Array(buffer),
  uint32: (buffer) => new Uint32Array(buffer),
};

type NumberReader = (view: DataView, index: number) => number;

/** The `width` bits of element `index`, lowest bits of each byte first. */
const bitsAt =
  (width: number): NumberReader =>
  (view, index) => {
    const first = index * width;
    const byte = first >> 3;
    const next = byte + 1 < view.byteLength ? view.getUint8(byte + 1) : 0;
    return ((view.getUint8(byte) | (next << 8)) >> (first & 7)) & ((1 << width) - 1);
  };

const signed =
  (width: number): NumberReader =>
  (view, index) =>
    (bitsAt(width)(view, index) << (32 - width)) >> (32 - width);

const smallFloat = (name: keyof typeof SMALL_FLOATS): NumberReader => {
  const format = SMALL_FLOATS[name];
  const read: NumberReader =
    format.bits === 16 ? (view, index) => view.getUint16(index * 2, true) : bitsAt(format.bits);
  return (view, index) => smallFloatToNumber(read(view, index), format);
};

const READERS: Partial<Readonly<Record<ElementType, NumberReader>>> = {
  float16: smallFloat('float16'),
  uint4: bitsAt(4),
  int4: signed(4),
  uint2: bitsAt(2),
  int2: signed(2),
  float8e4m3fn: smallFloat('float8e4m3fn'),
  float8e4m3fnuz: smallFloat('float8e4m3fnuz'),
  float8e5m2: smallFloat('float8e5m2'),
  float8e5m2fnuz: smallFloat('float8e5m2fnuz'),
  float8e8m0: (view, index) => {
    const exponent = view.getUint8(index);
    return exponent === 0xff ? Number.NaN : 2 ** (exponent - 127);
  },
  float4e2m1: smallFloat('float4e2m1'),
  float6e2m3: smallFloat('float6e2m3'),
  float6e3m2: smallFloat('float6e3m2'),
};
