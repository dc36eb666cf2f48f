const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COMMA = 0x2c;
const COLON = 0x3a;
const CLOSE_ARRAY = 0x5d;
const CLOSE_OBJECT = 0x7d;
const EXPONENT = 0x65;
/** Between the letters of both cases. */
const CASE = 0x20;

/** Longest number: a double that is written out has up to 1,075 digits behind its point. */
export const LONGEST_NUMBER_BYTES = 4096;

/** The number grammar of RFC 8259, section 6: sign, digits before and behind the point, exponent. */
export const NUMBER = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** Whether a byte ends a bare word or number. */
export function isDelimiter(byte: number): boolean {
  return byte <= 0x20 || byte === COMMA || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT || byte === COLON;
}

/** Where the number at `start` ends, by that grammar; -1 where there is none, or a longer one. */
export function endOfNumber(bytes: Uint8Array, start: number): number {
  const whole = bytes[start] === MINUS ? start + 1 : start;
  let end = endOfDigits(bytes, whole);
  if (end === whole || (bytes[whole] === ZERO && end > whole + 1)) return -1;
  if (bytes[end] === DOT) {
    const fraction = end + 1;
    end = endOfDigits(bytes, fraction);
    if (end === fraction) return -1;
  }
  if (((bytes[end] ?? 0) | CASE) === EXPONENT) {
    const sign = bytes[end + 1];
    const digits = sign === PLUS || sign === MINUS ? end + 2 : end + 1;
    end = endOfDigits(bytes, digits);
    if (end === digits) return -1;
  }
  return isDelimiter(bytes[end] ?? 0) ? end : -1;
}

function endOfDigits(bytes: Uint8Array, start: number): number {
  const most = start + LONGEST_NUMBER_BYTES;
  let end = start;
  for (let byte = bytes[end] ?? 0; byte >= ZERO && byte <= NINE && end < most; byte = bytes[++end] ?? 0);
  return end;
}
