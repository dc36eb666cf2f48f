import { LARGEST_HALF, numberToHalf } from '../half-float.ts';
import { NOT_A_NUMBER, readIntegerText, readNumber } from '../json/number.ts';
import { wordsOf } from '../json/plain-integers.ts';
import type { JsonReader } from '../json/reader.ts';
import type { RequestError } from '../request-error.ts';
import type { Port } from '../signature.ts';
import type { Elements } from '../tensor.ts';
import { assertLetters } from './check-letters.ts';
import type { ServedType } from './datatypes.ts';

const QUOTE = 0x22;

/** Reads the element at `index` from where the reader stands. */
export type ElementReader = (index: number) => void;

type MakeElementReader = (reader: JsonReader, data: Elements, port: Port) => ElementReader;

/** How each element type is read from JSON into what holds it. */
export const ELEMENT_READERS: Readonly<Record<ServedType, MakeElementReader>> = {
  float: singleReader,
  double: doubleReader,
  float16: halfReader,
  int8: integerReader(-128, 127),
  uint8: integerReader(0, 255),
  int16: integerReader(-32768, 32767),
  uint16: integerReader(0, 65535),
  int32: integerReader(-2147483648, 2147483647),
  uint32: integerReader(0, 4294967295),
  int64: wideReader(-(2n ** 63n), 2n ** 63n - 1n),
  uint64: wideReader(0n, 2n ** 64n - 1n),
  bool: booleanReader,
  string: stringReader,
};

function singleReader(reader: JsonReader, data: Elements, port: Port): ElementReader {
  const singles = data as Float32Array;
  return (index) => {
    reader.peek();
    const start = reader.position;
    const value = readNumber(reader, true);
    if (value === NOT_A_NUMBER) {
      singles[index] = readSpecial(reader, port, index);
      return;
    }
    const single = Math.fround(value);
    if (single === Number.POSITIVE_INFINITY || single === Number.NEGATIVE_INFINITY) {
      throw refuse(reader, port, { index, start, wanted: 'a number that FP32 can hold' });
    }
    singles[index] = single;
  };
}

function doubleReader(reader: JsonReader, data: Elements, port: Port): ElementReader {
  const doubles = data as Float64Array;
  return (index) => {
    reader.peek();
    const start = reader.position;
    const value = readNumber(reader, false);
    if (value === NOT_A_NUMBER) {
      doubles[index] = readSpecial(reader, port, index);
      return;
    }
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
      throw refuse(reader, port, { index, start, wanted: 'a number that FP64 can hold' });
    }
    doubles[index] = value;
  };
}

function halfReader(reader: JsonReader, data: Elements, port: Port): ElementReader {
  const halves = data as Uint16Array;
  return (index) => {
    reader.peek();
    const start = reader.position;
    const value = readNumber(reader, false);
    if (value === NOT_A_NUMBER) {
      halves[index] = numberToHalf(readSpecial(reader, port, index));
      return;
    }
    const bits = numberToHalf(value);
    if ((bits & 0x7fff) === 0x7c00) {
      throw refuse(reader, port, {
        index,
        start,
        wanted: `a number from -${LARGEST_HALF} to ${LARGEST_HALF} for FP16`,
      });
    }
    halves[index] = bits;
  };
}

/** What is not finite: bare, as Python's and Triton's JSON have it, or in quotes, as the JSON form of protocol buffers has it. */
function readSpecial(reader: JsonReader, port: Port, index: number): number {
  const start = reader.position;
  for (const [word, value] of SPECIAL_NUMBERS) if (reader.takeWord(word)) return value;
  throw refuse(reader, port, { index, start, wanted: `a number for ${port.datatype.name}` });
}

const SPECIAL_NUMBERS: readonly (readonly [string, number])[] = [
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['"NaN"', Number.NaN],
  ['"Infinity"', Number.POSITIVE_INFINITY],
  ['"-Infinity"', Number.NEGATIVE_INFINITY],
];

/** Integers of up to 32 bits. `2.0` and `1e3` are integers too: some clients write every number with a point. */
function integerReader(least: number, largest: number): MakeElementReader {
  return (reader, data, port) => {
    const integers = data as Int32Array;
    return (index) => {
      reader.peek();
      const start = reader.position;
      const value = readNumber(reader, false);
      if (value === NOT_A_NUMBER || !Number.isInteger(value) || value < least || value > largest) {
        const wanted = `an integer from ${least} to ${largest} for ${port.datatype.name}`;
        throw refuse(reader, port, { index, start, wanted });
      }
      integers[index] = value;
    };
  };
}

/**
 * Integers of 64 bits, exact to the last digit: beyond 2^53 they are read from their digits. Digits in quotes are taken too,
 * as the JSON form of protocol buffers has them and as JavaScript clients must write them.
 */
function wideReader(least: bigint, largest: bigint): MakeElementReader {
  return (reader, data, port) => {
    const integers = data as BigInt64Array;
    const words = wordsOf(integers) as Int32Array;
    const mayBeNegative = least < 0n;
    return (index) => {
      reader.peek();
      const start = reader.position;
      const value = readNumber(reader, false);
      if (value !== NOT_A_NUMBER && Number.isSafeInteger(value) && (value >= 0 || mayBeNegative)) {
        words[2 * index] = value;
        words[2 * index + 1] = Math.floor(value / 2 ** 32);
        return;
      }
      reader.position = start;
      const exact = readWideInteger(reader);
      if (exact === undefined || exact < least || exact > largest) {
        const wanted = `an integer from ${least} to ${largest} for ${port.datatype.name}`;
        throw refuse(reader, port, { index, start, wanted });
      }
      integers[index] = exact;
    };
  };
}

function readWideInteger(reader: JsonReader): bigint | undefined {
  const text = reader.peek() === QUOTE ? readQuotedInteger(reader) : readIntegerText(reader);
  // More digits than any 64-bit integer has are out of range whatever they say, and costly to turn into a number.
  return text === undefined || text.length > 20 ? undefined : BigInt(text);
}

function readQuotedInteger(reader: JsonReader): string | undefined {
  reader.readString('');
  const text = reader.lastString();
  return /^-?\d+$/.test(text) ? text : undefined;
}

/** `true` and `false`; 0 and 1 as well, which is how arrays of booleans come out of some numeric libraries. */
function booleanReader(reader: JsonReader, data: Elements, port: Port): ElementReader {
  const booleans = data as Uint8Array;
  return (index) => {
    reader.peek();
    const start = reader.position;
    if (reader.takeWord('true')) booleans[index] = 1;
    else if (reader.takeWord('false')) booleans[index] = 0;
    else {
      const value = readNumber(reader, false);
      if (value !== 0 && value !== 1) throw refuse(reader, port, { index, start, wanted: 'true or false for BOOL' });
      booleans[index] = value;
    }
  };
}

/**
 * Text. onnxruntime-node cuts strings at a NUL and replaces lone surrogates without a word, so both are refused here;
 * only escapes can bring them in.
 */
function stringReader(reader: JsonReader, data: Elements, port: Port): ElementReader {
  const strings = data as string[];
  return (index) => {
    reader.peek();
    const start = reader.position;
    if (reader.peek() !== QUOTE) throw refuse(reader, port, { index, start, wanted: 'a string for BYTES' });
    reader.readString('');
    const text = reader.lastString();
    if (reader.lastHasEscapes()) {
      if (text.includes('\0')) {
        throw refuse(reader, port, {
          index,
          start,
          wanted: 'a string without U+0000, at which the runtime would cut it',
        });
      }
      if (/\p{Surrogate}/u.test(text)) {
        throw refuse(reader, port, { index, start, wanted: 'a string without half of a surrogate pair' });
      }
    }
    assertLetters(port, index, text.length);
    strings[index] = text;
  };
}

interface Refusal {
  readonly index: number;
  /** Where the element begins. */
  readonly start: number;
  readonly wanted: string;
}

function refuse(reader: JsonReader, port: Port, refusal: Refusal): RequestError {
  reader.position = refusal.start;
  return reader.mismatch(`input "${port.name}", element ${refusal.index}`, refusal.wanted);
}
