import { readPlainNumbers } from '../json/plain-numbers.ts';
import type { JsonReader } from '../json/reader.ts';
import { badRequest, type RequestError } from '../request-error.ts';
import { type Elements, elementCount } from '../tensor.ts';
import { renderShape } from './check-shape.ts';
import { DATATYPES } from './datatypes.ts';
import { ELEMENT_READERS, type ElementReader, type ElementSource } from './element-readers.ts';

/** Fewest bytes of JSON that carry one element: a digit and what ends it. */
const LEAST_BYTES_PER_ELEMENT = 2;

const OPEN_ARRAY = 0x5b;

/** Elements between two looks for plain numbers where there are none. */
const LARGEST_STEP = 64;

/**
 * Reads the `data` of a tensor of shape `dims`, either flat in row-major order or nested as the shape says (or, for a
 * scalar, bare). Nothing is allocated before the body is known to be long enough to hold the elements.
 */
export function readElements(reader: JsonReader, source: ElementSource, dims: readonly number[]): Elements {
  const count = elementCount(dims);
  const first = reader.peek();
  if (count * LEAST_BYTES_PER_ELEMENT > reader.leftBytes) throw tooFewBytes(source, dims);
  const taken = reader.takenHere();
  const data = taken?.values ?? DATATYPES[source.type].allocate(count);
  const readOne = ELEMENT_READERS[source.type](reader, data, source);
  const run = { reader, source, dims, readOne, floats: asFloats(data) };
  if (taken !== undefined) readRun(run, 0, count, taken.count);
  else if (dims.length === 0 && first !== OPEN_ARRAY) readOne(0);
  else if (dims.length > 1 && isNested(reader)) readNested(run, 0, 0);
  else readRun(run, 0, count);
  return data;
}

interface Run {
  readonly reader: JsonReader;
  readonly source: ElementSource;
  readonly dims: readonly number[];
  readonly readOne: ElementReader;
  /** Where the elements go, if they are floating-point numbers. */
  readonly floats: Float32Array | Float64Array | undefined;
}

function asFloats(data: Elements): Float32Array | Float64Array | undefined {
  return data instanceof Float32Array || data instanceof Float64Array ? data : undefined;
}

/** Whether the array that begins here holds arrays; the position does not move. */
function isNested(reader: JsonReader): boolean {
  const { position } = reader;
  const nested = reader.peek() === OPEN_ARRAY && reader.openArray('') && reader.peek() === OPEN_ARRAY;
  reader.position = position;
  return nested;
}

/** Reads one array that holds exactly the elements from index `from` on, of which the first `taken` have been read. */
function readRun(run: Run, from: number, count: number, taken = 0): void {
  const { reader, source, readOne, floats } = run;
  const end = from + count;
  let index = from + taken;
  let more = reader.openArray(`data of input "${source.input}"`);
  // Where a number of another kind stands among plain ones, what follows it is plain again; where none is plain, few looks find out.
  let step = 1;
  let look = index;
  while (more) {
    if (floats && index === look) {
      index = readPlainNumbers(reader, floats, { from: index, end });
      step = index > look ? 1 : Math.min(2 * step, LARGEST_STEP);
      look = index + step;
    }
    if (index === end) throw wrongCount(run, count, count + countRest(reader));
    readOne(index++);
    more = reader.nextElement();
  }
  if (index < end) throw wrongCount(run, count, index - from);
}

/** Reads nested arrays from axis `axis` inwards; gives the index after the last element read. Depth is the shape's rank. */
function readNested(run: Run, axis: number, from: number): number {
  const { reader, source, dims } = run;
  const size = dims[axis] ?? 0;
  if (axis === dims.length - 1) {
    readRun(run, from, size);
    return from + size;
  }
  let index = from;
  let found = 0;
  let more = reader.openArray(`data of input "${source.input}"`);
  while (more) {
    if (found === size) throw wrongCount(run, size, size + countRest(reader));
    index = readNested(run, axis + 1, index);
    found++;
    more = reader.nextElement();
  }
  if (found < size) throw wrongCount(run, size, found);
  return index;
}

function countRest(reader: JsonReader): number {
  let count = 0;
  do {
    reader.skipValue();
    count++;
  } while (reader.nextElement());
  return count;
}

function wrongCount(run: Run, wanted: number, found: number): RequestError {
  const { source, dims } = run;
  const where = wanted === elementCount(dims) ? 'elements' : 'entries in every array of one level';
  return badRequest(`input "${source.input}": shape ${renderShape(dims)} wants ${wanted} ${where}, data has ${found}`);
}

function tooFewBytes(source: ElementSource, dims: readonly number[]): RequestError {
  const count = elementCount(dims);
  return badRequest(
    `input "${source.input}": shape ${renderShape(dims)} wants ${count} elements, more than the body can hold`,
  );
}
