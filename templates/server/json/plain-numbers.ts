import { EXACT_POWERS, LARGEST_ROUNDED_SUM, roundedSingle } from './number.ts';
import type { JsonReader } from './reader.ts';

const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COMMA = 0x2c;
const SPACE = 0x20;

/** Digits of one side of the point; numbers of more are left. */
const MOST_DIGITS = 20;

/** Beyond any number that is read here with what is looked at behind it: nothing in it has to ask where the body ends. */
export const LONGEST_PLAIN_BYTES = 64;

/** Side by side and never looked up in vain, which is less to check than in an array. */
const POWERS = Float64Array.from(EXACT_POWERS);

/**
 * Reads numbers from the reader's position on into `into`, from index `from` up to `end`, as long as they are of the kind that makes up
 * almost all of large arrays: digits with at most one point, a comma right behind, at most one space behind that. The values are those of
 * `readNumber`, in half the time. Gives the index of the first number that it has left, at which the reader then stands.
 */
export function readPlainNumbers(
  reader: JsonReader,
  into: Float32Array | Float64Array,
  { from, end }: { readonly from: number; readonly end: number },
): number {
  const { bytes, view } = reader;
  const last = bytes.length - LONGEST_PLAIN_BYTES;
  const single = into instanceof Float32Array;
  let position = reader.position;
  let index = from;
  for (; index < end && position <= last; index++) {
    let at = position;
    const negative = bytes[at] === MINUS;
    if (negative) at++;
    let sum = (bytes[at] as number) - ZERO;
    if (sum < 0 || sum > 9) break;
    let byte = bytes[++at] as number;
    if (byte >= ZERO && byte <= NINE) {
      if (sum === 0) break;
      const most = position + MOST_DIGITS;
      do {
        sum = sum * 10 + (byte - ZERO);
        byte = bytes[++at] as number;
      } while (byte >= ZERO && byte <= NINE && at < most);
    }
    let digits = 0;
    if (byte === DOT) {
      const fraction = ++at;
      const most = at + MOST_DIGITS;
      let four = view.getInt32(at, true);
      let others = otherThanDigits(four);
      while (others === 0 && at < most) {
        const next = view.getInt32(at + 4, true);
        const nextOthers = otherThanDigits(next);
        if (nextOthers === 0) {
          sum = sum * 1e8 + (digitsOf(four) * 10_000 + digitsOf(next));
          at += 8;
          four = view.getInt32(at, true);
          others = otherThanDigits(four);
        } else {
          sum = sum * 1e4 + digitsOf(four);
          at += 4;
          four = next;
          others = nextOthers;
        }
      }
      if (others === 0) break;
      // The lowest of those bits tells how many digits come before it; without a branch, since that differs from number to number.
      const count = (31 - Math.clz32(others & -others)) >> 3;
      sum = sum * (POWERS[count] as number) + digitsOf((four << (24 - 8 * count)) << 8);
      at += count;
      digits = at - fraction;
      if (digits === 0 || digits >= POWERS.length) break;
      byte = bytes[at] as number;
    }
    if (byte !== COMMA || sum > LARGEST_ROUNDED_SUM) break;
    let value = sum / (POWERS[digits] as number);
    const rounded = single ? roundedSingle(value) : Number.NaN;
    if (!Number.isNaN(rounded)) value = rounded;
    else if (sum > Number.MAX_SAFE_INTEGER) break;
    into[index] = negative ? -value : value;
    position = at + 1;
    if (bytes[position] === SPACE) position++;
  }
  reader.position = position;
  return index;
}

/** The bits in which four bytes differ from digits, each in its own byte; 0 where all are digits. */
function otherThanDigits(four: number): number {
  // Digits are 0x30 to 0x39: the upper half of each is 3, and still is after adding six.
  return ((four & 0xf0f0f0f0) ^ 0x30303030) | (((four + 0x06060606) & 0xf0f0f0f0) ^ 0x30303030);
}

/** The number that four digits write, the first of them lowest; what is no digit but 0 counts as one. */
function digitsOf(four: number): number {
  const digits = four & 0x0f0f0f0f;
  const pairs = (Math.imul(digits, 10) + (digits >>> 8)) & 0x00ff00ff;
  return (Math.imul(pairs, 100) + (pairs >>> 16)) & 0xffff;
}
