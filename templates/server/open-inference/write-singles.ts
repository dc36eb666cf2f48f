/**
 * Single-precision numbers as JSON in half of the time that the engine's own conversion takes: in their range every step is exact in
 * doubles, which a conversion of any double cannot count on.
 *
 * A number v = m * 2^(e-23) with m < 2^24 times 10^q is exact as long as m * 5^q is below 2^53. So from 2^-13 to 2^24 the 17 digits that a
 * double may need come out as nine, eight and what is left over, without a rounding; and how far a shorter number may lie away, which is
 * half of the distance to the next double, is exact too.
 */

/** From 2^-13 (0.00012) on, below 2^24. */
const LEAST_EXPONENT = -13;
const LARGEST_EXPONENT = 23;

/** Of a single's bits: all but its sign, and what stands before its mantissa. */
const MAGNITUDE = 0x7fffffff;
const MANTISSA_BITS = 23;
const BIAS = 127;

/** Most bytes of a number in JSON with its comma; a double's has as many. */
export const MOST_LETTERS = 25;

const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const FOUR_ZEROS = 0x30303030;

const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** The power of ten that is not above it, for each exponent of two in the range. */
const TENS = Int32Array.from({ length: LARGEST_EXPONENT - LEAST_EXPONENT + 1 }, (_, place) =>
  Math.floor(Math.log10(2 ** (place + LEAST_EXPONENT))),
);

/** Half of the distance between doubles, for each exponent of two in the range. */
const HALF_STEPS = Float64Array.from(TENS, (_, place) => 2 ** (place + LEAST_EXPONENT - 53));

/** Whether `writeSingles` can write the numbers from index `from` up to `end`. */
export function areWritable(data: Float32Array, from: number, end: number): boolean {
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  for (let index = from; index < end; index++) {
    const magnitude = (bits[index] as number) & MAGNITUDE;
    const exponent = (magnitude >>> MANTISSA_BITS) - BIAS;
    if ((exponent < LEAST_EXPONENT || exponent > LARGEST_EXPONENT) && magnitude !== 0) return false;
  }
  return true;
}

/** Where numbers are written: the same bytes one at a time and several. */
export interface Target {
  readonly bytes: Buffer;
  readonly view: DataView;
}

/** Which numbers of a tensor, and where to. */
export interface Stretch {
  readonly from: number;
  readonly end: number;
  readonly at: number;
}

/**
 * Writes numbers with commas between them, each as the shortest decimal that reads back as the same double. Takes up to `MOST_LETTERS`
 * bytes for each; gives where the last one ends.
 */
export function writeSingles(data: Float32Array, { bytes, view }: Target, { from, end, at }: Stretch): number {
  const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
  let position = at;
  for (let index = from; index < end; index++) {
    if (index > from) bytes[position++] = COMMA;
    const word = bits[index] as number;
    // Written and let stand or not: signs come as they please, and a wrongly guessed branch takes longer than all of this.
    bytes[position] = MINUS;
    position += word >>> 31;
    const magnitude = word & MAGNITUDE;
    if (magnitude === 0) {
      bytes[position++] = ZERO;
      // JavaScript's own JSON would drop the sign.
      if (word < 0) position += bytes.write('.0', position, 'latin1');
      continue;
    }
    const value = Math.abs(data[index] as number);
    const place = (magnitude >>> MANTISSA_BITS) - BIAS - LEAST_EXPONENT;
    let tens = TENS[place] as number;
    let scaled = value * (POWERS[8 - tens] as number);
    if (scaled >= 1e9) {
      tens++;
      scaled = value * (POWERS[8 - tens] as number);
    }
    let upper = scaled | 0;
    const rest = (scaled - upper) * 1e8;
    const reach = (HALF_STEPS[place] as number) * (POWERS[16 - tens] as number);
    let lower = nearestShort(rest | 0, rest - (rest | 0), reach);
    if (lower === 1e8) {
      lower = 0;
      upper++;
    }
    if (lower < 0 || upper === 1e9) {
      position += bytes.write(String(value), position, 'latin1');
      continue;
    }
    const first = (upper / 1e8) | 0;
    if (tens < 0) {
      bytes[position++] = ZERO;
      bytes[position++] = DOT;
      for (let zeros = tens + 1; zeros < 0; zeros++) bytes[position++] = ZERO;
    }
    const start = position;
    bytes[position++] = ZERO + first;
    // The digits before the point go one back once all are there.
    if (tens >= 0) position++;
    const last = writeEight(view, position + 8, lower);
    writeEight(view, position, upper - first * 1e8);
    // The last digits are the highest bits.
    position += 16 - (Math.clz32(last) >> 3);
    if (tens >= 0) {
      for (let place = start + 1; place <= start + tens; place++) bytes[place] = bytes[place + 1] as number;
      bytes[start + tens + 1] = DOT;
    }
    if (last === 0) {
      while (bytes[position - 1] === ZERO) position--;
      if (bytes[position - 1] === DOT) position--;
    }
  }
  return position;
}

/**
 * Of the numbers that end in the most zeros within `reach` of eight digits and what is left over, the nearest; 10^8 where it is one more
 * than the digits hold, -1 where two are equally near.
 */
function nearestShort(digits: number, left: number, reach: number): number {
  // The reach is below twelve: within it there is one hundred at the most.
  const hundreds = (digits / 100) | 0;
  const pastHundred = digits - 100 * hundreds + left;
  if (pastHundred <= reach) return 100 * hundreds;
  if (100 - pastHundred <= reach) return 100 * hundreds + 100;
  const tens = (digits / 10) | 0;
  const pastTen = digits - 10 * tens + left;
  if (pastTen <= reach && pastTen < 5) return 10 * tens;
  if (10 - pastTen <= reach) return pastTen === 5 ? -1 : 10 * tens + 10;
  if (left === 0.5) return -1;
  return left < 0.5 ? digits : digits + 1;
}

/** Gives the last four digits, the first of them lowest. */
function writeEight(view: DataView, position: number, digits: number): number {
  const upper = (digits / 1e4) | 0;
  const last = fourDigits(digits - upper * 1e4);
  view.setInt32(position, fourDigits(upper) + FOUR_ZEROS, true);
  view.setInt32(position + 4, last + FOUR_ZEROS, true);
  return last;
}

/** The digits of a number below 10^4, the first of them lowest. */
function fourDigits(number: number): number {
  const hundreds = (number * 5243) >>> 19;
  const pairs = hundreds | ((number - 100 * hundreds) << 16);
  const tens = ((pairs * 103) >>> 10) & 0x000f000f;
  return tens | ((pairs - 10 * tens) << 8);
}
