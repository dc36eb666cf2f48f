const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** Largest finite half-precision number. */
export const LARGEST_HALF = 65504;

/** Value of a half-precision number (IEEE 754 binary16) from its bits. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/**
 * Bits of the half-precision number nearest to a value, ties to even; beyond the largest, infinity. Rounds once: going
 * through single precision first would round some values twice.
 */
export function numberToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (magnitude >= 65520) return sign | 0x7c00;
  // The spacing of the numbers around the value; below 2^-14 they are evenly spaced.
  const spacing = 2 ** (Math.max(exponentOf(magnitude), -14) - 10);
  const steps = roundToEven(magnitude / spacing);
  if (spacing === 2 ** -24) return sign | steps;
  return sign | (((Math.log2(spacing) + 25) << 10) + (steps - 1024));
}

/** Floor of the base-two logarithm, exact, for values that single precision holds as normal numbers. */
function exponentOf(magnitude: number): number {
  scratch[0] = magnitude;
  const rounded = scratch[0] ?? 0;
  const exponent = ((scratchBits[0] ?? 0) >> 23) - 127;
  // Rounding to single precision may have reached the next power of two.
  return rounded > magnitude && rounded === 2 ** exponent ? exponent - 1 : exponent;
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
