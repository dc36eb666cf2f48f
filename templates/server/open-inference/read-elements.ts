import type { JsonReader, Numbers } from '../json/reader.ts';
import { beginSkip } from '../json/skip-value.ts';
import { STEP_BYTES, stepEnds } from '../reading-steps.ts';
import { badRequest, type RequestError } from '../request-error.ts';
import type { Port } from '../signature.ts';
import { goOn, type Steps } from '../take-in-turns.ts';
import { type Elements, elementCount } from '../tensor.ts';
import { renderShape } from './check-shape.ts';
import { ELEMENT_READERS, type ElementReader } from './element-readers.ts';
import { PLAIN_READERS } from './plain-readers.ts';

/** Fewest bytes of JSON that carry one element: a digit and what ends it. */
const LEAST_BYTES_PER_ELEMENT = 2;

const OPEN_ARRAY = 0x5b;
const OPEN_OBJECT = 0x7b;

/** Elements between two looks for plain numbers where there are none. */
const LARGEST_STEP = 64;

/** Plain numbers that are read at a time. */
const PLAIN_RUN = STEP_BYTES / 8;

/** Elements that are too many are counted for the message, in so much of the text. */
const COUNTED_BYTES = 2 * STEP_BYTES;

/** Elements of a tensor on their way. */
export interface Filling {
  readonly data: Elements;
  /** What has to be done before all of them are there; `undefined` where they are. */
  readonly rest: Steps<void> | undefined;
}

/**
 * Begins to read the `data` of a tensor of shape `dims`, either flat in row-major order or nested as the shape says (or, for a scalar, bare).
 * Nothing is allocated before the body is known to be long enough to hold the elements.
 */
export function readElements(reader: JsonReader, port: Port, dims: readonly number[]): Filling {
  const count = elementCount(dims);
  const first = reader.peek();
  if (count * LEAST_BYTES_PER_ELEMENT > reader.leftBytes) throw tooFew(reader, port, dims);
  const taken = reader.takenHere();
  const data = taken?.values ?? port.datatype.allocate(count);
  const readOne = ELEMENT_READERS[port.type](reader, data, port);
  if (taken === undefined && dims.length === 0 && first !== OPEN_ARRAY) {
    readOne(0);
    return { data, rest: undefined };
  }
  const index = taken?.count ?? 0;
  const run: Run = { reader, port, dims, data, readOne, index, look: index, step: 1, more: true };
  if (taken !== undefined || dims.length < 2 || !holdsArrays(reader)) {
    openArray(run);
    return { data, rest: readFlat(run, count) ? undefined : goOn({ readOn: () => readFlat(run, count) }) };
  }
  const arrays = new NestedArrays(run);
  return { data, rest: arrays.readOn() ? undefined : goOn(arrays) };
}

/** Whether the array that begins here holds arrays; the position does not move. */
function holdsArrays(reader: JsonReader): boolean {
  const { position } = reader;
  const nested = reader.peek() === OPEN_ARRAY && reader.openArray('') && reader.peek() === OPEN_ARRAY;
  reader.position = position;
  return nested;
}

interface Run {
  readonly reader: JsonReader;
  readonly port: Port;
  readonly dims: readonly number[];
  readonly data: Elements;
  readonly readOne: ElementReader;
  /** Of the next element. */
  index: number;
  /** Where a number of another kind stands among plain ones, what follows it is plain again; where none is plain, few looks find out. */
  look: number;
  step: number;
  /** Whether another entry follows in the innermost open array. */
  more: boolean;
}

/** Reads elements in one array until a step ends; gives whether all have been read. */
function readFlat(run: Run, count: number): boolean {
  if (run.more && readRun(run, count, count)) return false;
  if (run.index < count) throw wrongCount(run, count, run.index);
  return true;
}

/** Elements in arrays of arrays. */
class NestedArrays {
  readonly #run: Run;
  /** Entries that have been found so far in the open array of each level, of which there is one for each dimension. */
  readonly #found: number[] = [0];

  constructor(run: Run) {
    this.#run = run;
    openArray(run);
  }

  /** Reads on until a step ends; gives whether all have been read. */
  readOn(): boolean {
    const run = this.#run;
    const { reader, dims } = run;
    const found = this.#found;
    for (;;) {
      const level = found.length - 1;
      const size = dims[level] as number;
      const before = found[level] as number;
      if (!run.more) {
        if (before < size) throw wrongCount(run, size, before);
        if (level === 0) return true;
        found.pop();
        run.more = reader.nextElement();
      } else if (found.length === dims.length) {
        const begun = run.index;
        const isOver = readRun(run, size, begun + size - before);
        found[level] = before + run.index - begun;
        if (isOver) return false;
      } else {
        if (stepEnds(reader)) return false;
        if (before === size) throw tooMany(run, size);
        found[level] = before + 1;
        found.push(0);
        openArray(run);
      }
    }
  }
}

function openArray(run: Run): void {
  run.more = run.reader.openArray(`data of input "${run.port.name}"`);
}

/** Reads elements of the innermost array up to index `end`, until it ends or a step does; gives whether that was the step. */
function readRun(run: Run, size: number, end: number): boolean {
  const { reader, data, readOne, port } = run;
  const readPlain = PLAIN_READERS[port.type];
  if (stepEnds(reader)) return true;
  const stepEnd = reader.stepStart + STEP_BYTES;
  let { index, more } = run;
  while (more && reader.position < stepEnd) {
    if (readPlain && index === run.look) {
      index = readPlain(reader, data as Numbers, { from: index, end: Math.min(end, index + PLAIN_RUN) });
      run.step = index > run.look ? 1 : Math.min(2 * run.step, LARGEST_STEP);
      run.look = index + run.step;
    }
    if (index === end) throw tooMany(run, size);
    readOne(index++);
    more = reader.nextElement();
  }
  run.index = index;
  run.more = more;
  return stepEnds(reader);
}

function tooMany(run: Run, size: number): RequestError {
  const rest = countRest(run.reader);
  return wrongCount(run, size, rest === undefined ? `more than ${size}` : size + rest);
}

function wrongCount({ port, dims }: Run, wanted: number, found: number | string): RequestError {
  const where = wanted === elementCount(dims) ? 'elements' : 'entries in every array of one level';
  return badRequest(`input "${port.name}": shape ${renderShape(dims)} wants ${wanted} ${where}, data has ${found}`);
}

/** `undefined` where there are too many to be counted. */
function countRest(reader: JsonReader): number | undefined {
  const end = reader.position + COUNTED_BYTES;
  let count = 0;
  do {
    const rest = beginSkip(reader);
    if (rest) for (const _ of rest) if (reader.position > end) return undefined;
    count++;
    if (reader.position > end) return undefined;
  } while (reader.nextElement());
  return count;
}

/** What is wrong with data for which the body cannot be long enough. */
function tooFew(reader: JsonReader, port: Port, dims: readonly number[]): RequestError {
  const what = `data of input "${port.name}"`;
  if (reader.peek() !== OPEN_ARRAY) return reader.mismatch(what, 'an array');
  const taken = reader.takenHere()?.count ?? 0;
  const found = countElements(reader, what);
  const wanted = elementCount(dims);
  return badRequest(
    `input "${port.name}": shape ${renderShape(dims)} wants ${Number.isSafeInteger(wanted) ? wanted : 'more than 2^53'} elements, ` +
      (found === undefined ? 'more than the body can hold' : `data has ${taken + found}`),
  );
}

/** Elements in the arrays that begin here, however they are nested; `undefined` where there are too many to be counted. */
function countElements(reader: JsonReader, what: string): number | undefined {
  const end = reader.position + COUNTED_BYTES;
  let count = 0;
  let depth = 0;
  do {
    if (reader.position > end) return undefined;
    const first = reader.peek();
    if (first === OPEN_OBJECT) throw reader.mismatch(what, 'elements, or arrays of them');
    if (first === OPEN_ARRAY) {
      if (reader.openArray(what)) {
        depth++;
        continue;
      }
    } else {
      reader.skipScalar();
      count++;
    }
    while (depth > 0 && !reader.nextElement()) depth--;
  } while (depth > 0);
  return count;
}
