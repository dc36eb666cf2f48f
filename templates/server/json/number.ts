import { isDelimiter, LONGEST_NUMBER_BYTES, NUMBER } from './grammar.ts';
import type { JsonReader } from './reader.ts';

/** Powers of ten that a double holds exactly. */
export const EXACT_POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
const LARGEST_EXACT_POWER = 22;

/** Above this a sum of digits in a double has been rounded more than four times. */
export const LARGEST_ROUNDED_SUM = 1e19;

/** Wider than every rounding of a digit sum below `LARGEST_ROUNDED_SUM` and its scaling put together. */
const SLACK = 2 ** -47;

const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;

/** What `readNumber` gives back when no number, or too long a one, stands at the reader's position; the position has not moved. */
export const NOT_A_NUMBER = Symbol('not a number');

/**
 * Reads a JSON number. Up to 2^53 and 22 powers of ten one multiplication or division of exact doubles rounds correctly
 * (Clinger 1990); the rest goes through the engine's own conversion. With `single`, the result is what rounding the exact
 * value to single precision gives, and the 17 digits that doubles of single-precision numbers are written with take the
 * short way too: the rounded sum is good wherever both ends of its error interval round to one single-precision number.
 */
export function readNumber(reader: JsonReader, single: boolean): number | typeof NOT_A_NUMBER {
  const { bytes } = reader;
  const start = reader.position;
  const most = start + LONGEST_NUMBER_BYTES;
  let position = start;
  let byte = bytes[position] ?? 0;
  const negative = byte === MINUS;
  if (negative) byte = bytes[++position] ?? 0;
  if (byte < ZERO || byte > NINE) return NOT_A_NUMBER;
  const leadingZero = byte === ZERO;
  const integerStart = position;
  let sum = 0;
  do {
    sum = sum * 10 + (byte - ZERO);
    byte = bytes[++position] ?? 0;
  } while (byte >= ZERO && byte <= NINE && position < most);
  if (leadingZero && position - integerStart > 1) return NOT_A_NUMBER;
  let scale = 0;
  if (byte === DOT) {
    const fractionStart = ++position;
    byte = bytes[position] ?? 0;
    while (byte >= ZERO && byte <= NINE && position < most) {
      sum = sum * 10 + (byte - ZERO);
      byte = bytes[++position] ?? 0;
    }
    scale = fractionStart - position;
    if (scale === 0) return NOT_A_NUMBER;
  }
  if ((byte | 0x20) === 0x65) {
    let sign = 1;
    let exponent = 0;
    byte = bytes[++position] ?? 0;
    if (byte === 0x2b || byte === MINUS) {
      if (byte === MINUS) sign = -1;
      byte = bytes[++position] ?? 0;
    }
    if (byte < ZERO || byte > NINE) return NOT_A_NUMBER;
    while (byte >= ZERO && byte <= NINE && position < most) {
      if (exponent < 1e6) exponent = exponent * 10 + (byte - ZERO);
      byte = bytes[++position] ?? 0;
    }
    scale += sign * exponent;
  }
  if (!isDelimiter(byte)) return NOT_A_NUMBER;
  reader.position = position;
  const power = EXACT_POWERS[scale < 0 ? -scale : scale];
  if (power !== undefined && sum <= Number.MAX_SAFE_INTEGER) {
    const value = scale < 0 ? sum / power : sum * power;
    return negative ? -value : value;
  }
  if (single && power !== undefined && sum <= LARGEST_ROUNDED_SUM && scale >= -LARGEST_EXACT_POWER) {
    const value = scale < 0 ? sum / power : sum * power;
    const rounded = roundedSingle(value);
    if (!Number.isNaN(rounded)) return negative ? -rounded : rounded;
  }
  return Number(bytes.toString('latin1', start, position));
}

/** The single-precision number that both ends of the error interval round to; `NaN` where they differ. */
export function roundedSingle(value: number): number {
  const rounded = Math.fround(value * (1 - SLACK));
  return rounded === Math.fround(value * (1 + SLACK)) ? rounded : Number.NaN;
}

/** The digits of the bare number at the reader's position where it is an integer, else `undefined`; the position moves past it. */
export function readIntegerText(reader: JsonReader): string | undefined {
  const { bytes, position } = reader;
  const most = Math.min(bytes.length, position + LONGEST_NUMBER_BYTES);
  let end = position;
  while (end < most && !isDelimiter(bytes[end] ?? 0)) end++;
  const text = bytes.toString('latin1', position, end);
  const digits = digitsOf(text);
  if (digits !== undefined) reader.position = end;
  return digits;
}

/** A number without its point and exponent; `undefined` where it is none, no integer, or of more digits than any that is read. */
function digitsOf(text: string): string | undefined {
  const parts = NUMBER.exec(text);
  if (parts === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts;
  const digits = whole + fraction;
  const zeros = Number(exponent) - fraction.length;
  if (zeros >= 0) return zeros > MOST_ZEROS ? undefined : `${sign}${digits}${'0'.repeat(zeros)}`;
  return /[1-9]/.test(digits.slice(zeros)) ? undefined : `${sign}${digits.slice(0, zeros)}`;
}

/** Of 64 bits, the largest integer has 20 digits. */
const MOST_ZEROS = 20;
