/** A floating point format of at most 16 bits: sign, exponent, mantissa, from the highest bit down. */
export interface SmallFloat {
  readonly bits: number;
  readonly mantissaBits: number;
  readonly bias: number;
  /**
   * What the highest codes mean: `ieee` has infinities and NaN in the highest exponent; `last` has one NaN, all bits set,
   * no infinity; `negative-zero` has NaN in place of minus zero; `none` has neither.
   */
  readonly special: 'ieee' | 'last' | 'negative-zero' | 'none';
}

/** After IEEE 754, the ONNX pages on floats of 4 and 8 bits and the OCP formats that they cite. */
export const SMALL_FLOATS = {
  float8e4m3fn: { bits: 8, mantissaBits: 3, bias: 7, special: 'last' },
  float8e4m3fnuz: { bits: 8, mantissaBits: 3, bias: 8, special: 'negative-zero' },
  float8e5m2: { bits: 8, mantissaBits: 2, bias: 15, special: 'ieee' },
  float8e5m2fnuz: { bits: 8, mantissaBits: 2, bias: 16, special: 'negative-zero' },
  float6e2m3: { bits: 6, mantissaBits: 3, bias: 1, special: 'none' },
  float6e3m2: { bits: 6, mantissaBits: 2, bias: 3, special: 'none' },
  float4e2m1: { bits: 4, mantissaBits: 1, bias: 1, special: 'none' },
  float16: { bits: 16, mantissaBits: 10, bias: 15, special: 'ieee' },
} as const satisfies Readonly<Record<string, SmallFloat>>;

/** The number that the bits of an IEEE 754 half stand for. */
export function float16ToNumber(code: number): number {
  return smallFloatTable(SMALL_FLOATS.float16)[code] ?? 0;
}

const tables = new Map<SmallFloat, Float32Array>();

/** The number of every code of a format, each exact. */
export function smallFloatTable(format: SmallFloat): Float32Array {
  const known = tables.get(format);
  if (known) return known;
  const table = Float32Array.from({ length: 2 ** format.bits }, (_, code) => smallFloatToNumber(code, format));
  tables.set(format, table);
  return table;
}

function smallFloatToNumber(code: number, format: SmallFloat): number {
  const { bits, mantissaBits, bias } = format;
  const exponentBits = bits - 1 - mantissaBits;
  const isNegative = code >> (bits - 1) === 1;
  const exponent = (code >> mantissaBits) & ((1 << exponentBits) - 1);
  const mantissa = code & ((1 << mantissaBits) - 1);
  const special = specialValue(code, { ...format, exponent, mantissa, highest: (1 << exponentBits) - 1 });
  const fraction = mantissa / 2 ** mantissaBits;
  const size = special ?? (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
  return isNegative ? -size : size;
}

function specialValue(
  code: number,
  at: SmallFloat & { readonly exponent: number; readonly mantissa: number; readonly highest: number },
): number | null {
  switch (at.special) {
    case 'ieee':
      if (at.exponent !== at.highest) return null;
      return at.mantissa === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
    case 'last':
      return (code & ((1 << (at.bits - 1)) - 1)) === (1 << (at.bits - 1)) - 1 ? Number.NaN : null;
    case 'negative-zero':
      return code === 1 << (at.bits - 1) ? Number.NaN : null;
    default:
      return null;
  }
}
