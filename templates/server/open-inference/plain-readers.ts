import { readPlainIntegers } from '../json/plain-integers.ts';
import { readPlainNumbers } from '../json/plain-numbers.ts';
import type { JsonReader, Numbers } from '../json/reader.ts';
import type { ServedType } from './datatypes.ts';

/**
 * Reads elements from where the reader stands, from index `from` up to `end`, as long as they are plain numbers; gives the index of the first
 * that it has left, at which the reader then stands.
 */
export type PlainReader = (
  reader: JsonReader,
  into: Numbers,
  span: { readonly from: number; readonly end: number },
) => number;

const readFloats: PlainReader = (reader, into, span) => readPlainNumbers(reader, into as Float32Array, span);
const readBooleans: PlainReader = (reader, into, { from, end }) =>
  readPlainIntegers(reader, into, { from, end, largest: 1 });

/** How long arrays of each type are read, where there is a quicker way than one element after another. */
export const PLAIN_READERS: Readonly<Partial<Record<ServedType, PlainReader>>> = {
  float: readFloats,
  double: readFloats,
  int8: readPlainIntegers,
  uint8: readPlainIntegers,
  int16: readPlainIntegers,
  uint16: readPlainIntegers,
  int32: readPlainIntegers,
  uint32: readPlainIntegers,
  int64: readPlainIntegers,
  uint64: readPlainIntegers,
  bool: readBooleans,
};
