import { RequestError } from '../request-error.ts';
import { type Steps, takeAtOnce } from '../take-in-turns.ts';
import { areWritable, MOST_LETTERS, type Stretch, type Target, writeSingles } from './write-singles.ts';

/** Numbers that go through a text at a time: texts this short are gone with the next quick collection. */
const CHUNK = 512;

/** From so many numbers on, writing into one buffer is less work than one long text. */
export const MANY_FLOATS = 2 * CHUNK;

/** So few numbers are quicker written one by one than made into an array for JavaScript's own JSON. */
const FEW = 8;

/** Filled anew for each chunk; doubles in it lie side by side. */
const chunk: number[] = new Array(CHUNK).fill(0.5);

/** Written anew for each chunk of single-precision numbers. */
const scratch = makeTarget(Buffer.allocUnsafeSlow(CHUNK * MOST_LETTERS));

type Floats = Float32Array | Float64Array;

/**
 * Numbers as JSON, flat and without the brackets. Each is written as the double that equals it. What JSON has no words for is written
 * `NaN`, `Infinity` and `-Infinity`, which Triton's server writes, and its clients and Python's json read; `null`, which JavaScript writes,
 * would hide which it was.
 */
export function renderFloats(data: Floats): string {
  let text = '';
  for (let from = 0; from < data.length; from += CHUNK)
    text += from > 0 ? `,${renderChunk(data, from)}` : renderChunk(data, from);
  return text;
}

/** Bytes at the start of a buffer that is nobody else's. */
export interface WrittenFloats {
  readonly bytes: Uint8Array;
  readonly buffer: Uint8Array;
}

/** The same in bytes, at the start of a buffer of their own. */
export function writeFloats(data: Floats): WrittenFloats {
  return takeAtOnce(writeFloatsInSteps(data, data.length));
}

/** Node ends the process that writes text into a larger buffer. */
const MOST_NUMBERS = Math.floor((2 ** 32 - 1) / MOST_LETTERS);

/**
 * The same, so many numbers a step.
 *
 * @throws RequestError 413 where they are too many to be written
 */
export function* writeFloatsInSteps(data: Floats, stepLength: number): Steps<WrittenFloats> {
  if (data.length > MOST_NUMBERS) {
    throw new RequestError(
      413,
      `an output of ${data.length} numbers is too long for JSON, which ${MOST_NUMBERS} are; wanted binary_data in the request`,
    );
  }
  const buffer = Buffer.allocUnsafeSlow(data.length * MOST_LETTERS);
  const target = makeTarget(buffer);
  let at = 0;
  for (let from = 0; from < data.length; from += stepLength) {
    at = writeChunks(data, target, { from, end: Math.min(from + stepLength, data.length), at });
    yield;
  }
  return { bytes: buffer.subarray(0, at), buffer };
}

/** Gives where what it has written ends. */
function writeChunks(data: Floats, target: Target, span: Stretch): number {
  const { bytes } = target;
  let { at } = span;
  for (let { from } = span; from < span.end; from += CHUNK) {
    if (from > 0) at += bytes.write(',', at, 'latin1');
    const end = Math.min(from + CHUNK, span.end);
    if (data instanceof Float32Array && areWritable(data, from, end)) {
      at = writeSingles(data, target, { from, end, at });
    } else at += bytes.write(renderChunk(data, from), at, 'latin1');
  }
  return at;
}

function renderChunk(data: Floats, from: number): string {
  const end = Math.min(from + CHUNK, data.length);
  // One number by itself is less work as a text.
  if (end - from > 1 && data instanceof Float32Array && areWritable(data, from, end)) {
    return scratch.bytes.toString('latin1', 0, writeSingles(data, scratch, { from, end, at: 0 }));
  }
  return end - from < FEW ? renderFew(data, from) : renderMany(data, from);
}

function renderFew(data: Floats, from: number): string {
  let text = '';
  for (let index = from; index < data.length; index++) {
    const value = data[index] as number;
    text += index === from ? renderFloat(value) : `,${renderFloat(value)}`;
  }
  return text;
}

function renderMany(data: Floats, from: number): string {
  const count = Math.min(CHUNK, data.length - from);
  const numbers = count === CHUNK ? chunk : new Array<number>(count).fill(0.5);
  let isPlain = true;
  for (let index = 0; index < count; index++) {
    const value = data[from + index] as number;
    numbers[index] = value;
    // Not finite, or a negative zero, whose sign JavaScript's own JSON drops.
    if (value - value !== 0 || (value === 0 && 1 / value < 0)) isPlain = false;
  }
  return isPlain ? JSON.stringify(numbers).slice(1, -1) : numbers.map(renderFloat).join(',');
}

function makeTarget(bytes: Buffer): Target {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
}

function renderFloat(value: number): string {
  return Object.is(value, -0) ? '-0.0' : String(value);
}
