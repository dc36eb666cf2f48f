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
  const view = new DataView(raw.bytes.buffer, raw.bytes.byteOffset, raw.bytes.byteLength);
  if (elementType === 'bool') return { kind: 'boolean', values: Array.from(raw.bytes, (byte) => byte !== 0) };
  if (elementType === 'int64' || elementType === 'uint64') {
    const read = elementType === 'int64' ? view.getBigInt64 : view.getBigUint64;
    return {
      kind: 'bigint',
      values: Array.from({ length: raw.count }, (_, index) => read.call(view, index * 8, true)),
    };
  }
  const isComplex = elementType === 'complex64' || elementType === 'complex128';
  const read = READERS[elementType];
  const length = read ? raw.count * (isComplex ? 2 : 1) : 0;
  return { kind: 'number', values: Array.from({ length }, (_, index) => read?.(view, index) ?? 0) };
}

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

const float32: NumberReader = (view, index) => view.getFloat32(index * 4, true);
const float64: NumberReader = (view, index) => view.getFloat64(index * 8, true);

const bfloat16: NumberReader = (view, index) => {
  const widened = new DataView(new ArrayBuffer(4));
  widened.setUint16(2, view.getUint16(index * 2, true), true);
  return widened.getFloat32(0, true);
};

const READERS: Partial<Readonly<Record<ElementType, NumberReader>>> = {
  float: float32,
  double: float64,
  complex64: float32,
  complex128: float64,
  uint8: (view, index) => view.getUint8(index),
  int8: (view, index) => view.getInt8(index),
  uint16: (view, index) => view.getUint16(index * 2, true),
  int16: (view, index) => view.getInt16(index * 2, true),
  int32: (view, index) => view.getInt32(index * 4, true),
  uint32: (view, index) => view.getUint32(index * 4, true),
  float16: smallFloat('float16'),
  bfloat16,
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
