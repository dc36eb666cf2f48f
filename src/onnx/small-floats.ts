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
  return smallFloatToNumber(code, SMALL_FLOATS.float16);
}

/** The number that `code` stands for: exact, as every such number is a double. */
export function smallFloatToNumber(code: number, format: SmallFloat): number {
  const { bits, mantissaBits, bias } = format;
  const highest = (1 << (bits - 1 - mantissaBits)) - 1;
  const exponent = (code >> mantissaBits) & highest;
  const mantissa = code & ((1 << mantissaBits) - 1);
  const isNegative = code >> (bits - 1) === 1;
  if (isNotANumber(code, format)) return Number.NaN;
  let size = 2 ** (exponent - bias) * (1 + mantissa / 2 ** mantissaBits);
  if (exponent === 0) size = 2 ** (1 - bias) * (mantissa / 2 ** mantissaBits);
  else if (format.special === 'ieee' && exponent === highest) size = Number.POSITIVE_INFINITY;
  return isNegative ? -size : size;
}

function isNotANumber(code: number, { bits, mantissaBits, special }: SmallFloat): boolean {
  const sign = 1 << (bits - 1);
  const largest = sign - 1;
  const infinity = largest - ((1 << mantissaBits) - 1);
  if (special === 'ieee') return (code & largest) > infinity;
  if (special === 'last') return (code & largest) === largest;
  return special === 'negative-zero' && code === sign;
}
