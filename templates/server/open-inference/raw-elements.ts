import { isUtf8 } from 'node:buffer';
import { STEP_BYTES } from '../reading-steps.ts';
import { badRequest, type RequestError } from '../request-error.ts';
import type { Port } from '../signature.ts';
import type { Steps } from '../take-in-turns.ts';
import { type Elements, elementCount } from '../tensor.ts';
import { assertLetters } from './check-letters.ts';
import { renderShape } from './check-shape.ts';
import type { Filling } from './read-elements.ts';

/** Length of the little-endian number before each element of a BYTES tensor. */
const LENGTH_BYTES = 4;

/**
 * Reads a tensor's elements from the binary form that REST's binary extension and gRPC's raw contents share: little-endian
 * and row-major, a BYTES element as its length in four bytes and its bytes. Numbers are not copied where they lie aligned, and a step's worth
 * of what has to be looked at is read at once.
 *
 * @throws RequestError 400 that says the bytes wanted and found
 */
export function readRawElements(bytes: Buffer, port: Port, limits: RawLimits & { dims: readonly number[] }): Filling {
  const { dims } = limits;
  const count = elementCount(dims);
  if (port.type === 'string') return readStrings(bytes, { port, count, limits });
  // Nothing is allocated before the size is known to be right.
  const width = ELEMENT_BYTES[port.type];
  if (count * width !== bytes.length) throw wrongSize(port, dims, { wanted: count * width, found: bytes.length });
  const data = viewOf(bytes, { port, count, width });
  return { data, rest: port.type === 'bool' ? assertBooleans(bytes, port) : undefined };
}

export interface RawLimits {
  /** Longest element of a BYTES tensor. */
  readonly stringBytes: number;
}

/** The binary form of numbers, where they lie. */
export function writeRawNumbers(data: Exclude<Elements, string[]>): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Texts that are written at a time. */
const STEP_TEXTS = 4096;

/** The binary form of texts. */
export function* writeRawTexts(texts: readonly string[]): Steps<Uint8Array> {
  let size = 0;
  for (let index = 0; index < texts.length; index++) {
    size += LENGTH_BYTES + Buffer.byteLength(texts[index] as string);
    if (index % STEP_TEXTS === STEP_TEXTS - 1) yield;
  }
  const bytes = Buffer.allocUnsafe(size);
  let position = 0;
  for (let index = 0; index < texts.length; index++) {
    const length = bytes.write(texts[index] as string, position + LENGTH_BYTES, 'utf8');
    bytes.writeUInt32LE(length, position);
    position += LENGTH_BYTES + length;
    if (index % STEP_TEXTS === STEP_TEXTS - 1) yield;
  }
  return bytes;
}

/** Bytes of one element, for all types whose elements have one size. */
export const ELEMENT_BYTES = {
  float: 4,
  double: 8,
  float16: 2,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  bool: 1,
} as const;

interface ViewFacts {
  readonly port: Port;
  readonly count: number;
  readonly width: number;
}

/** The bytes as elements, where they lie if the processor can read them there. Every platform served is little-endian. */
function viewOf(bytes: Buffer, { port, count, width }: ViewFacts): Elements {
  const data = port.datatype.allocate(0);
  if (count === 0 || Array.isArray(data)) return data;
  const make = data.constructor as new (buffer: ArrayBufferLike, offset: number, count: number) => Elements;
  if (bytes.byteOffset % width === 0) return new make(bytes.buffer, bytes.byteOffset, count);
  const copy = new Uint8Array(bytes);
  return new make(copy.buffer, 0, count);
}

/** The runtime takes any byte for a boolean and computes nonsense with other ones than 0 and 1. */
function* assertBooleans(bytes: Buffer, port: Port): Steps<void> {
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] as number;
    if (byte > 1)
      throw badRequest(`input "${port.name}", element ${index}: wanted a byte of 0 or 1 for BOOL, found ${byte}`);
    if (index % STEP_BYTES === STEP_BYTES - 1) yield;
  }
}

interface StringFacts {
  readonly port: Port;
  readonly count: number;
  readonly limits: RawLimits & { readonly dims: readonly number[] };
}

function readStrings(bytes: Buffer, { port, count, limits }: StringFacts): Filling {
  if (count * LENGTH_BYTES > bytes.length) {
    throw wrongSize(port, limits.dims, { wanted: `at least ${count * LENGTH_BYTES}`, found: bytes.length });
  }
  const strings = new Array<string>(count);
  return { data: strings, rest: fillStrings(bytes, strings, { port, limits }) };
}

function* fillStrings(bytes: Buffer, strings: string[], { port, limits }: Omit<StringFacts, 'count'>): Steps<void> {
  let position = 0;
  let stepEnd = STEP_BYTES;
  for (let index = 0; index < strings.length; index++) {
    const left = bytes.length - position - LENGTH_BYTES;
    const length = left >= 0 ? bytes.readUInt32LE(position) : 0;
    if (length > left) {
      throw badRequest(
        `input "${port.name}", element ${index}: wanted ${LENGTH_BYTES} bytes of length and ${length} of text, ` +
          `found ${bytes.length - position} bytes left`,
      );
    }
    const start = position + LENGTH_BYTES;
    position = start + length;
    strings[index] = readText(bytes, { start, end: position }, { port, index, limits });
    if (position < stepEnd) continue;
    stepEnd = position + STEP_BYTES;
    yield;
  }
  if (position < bytes.length) {
    throw wrongSize(port, limits.dims, { wanted: position, found: bytes.length });
  }
}

interface TextFacts {
  readonly port: Port;
  readonly index: number;
  readonly limits: RawLimits;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * One element of a BYTES tensor. The runtime's binding takes text, and cuts it at a NUL, so what is neither is refused
 * instead of changed.
 */
export function readText(bytes: Buffer, { start, end }: Span, { port, index, limits }: TextFacts): string {
  const text = isShortAscii(bytes, start, end)
    ? bytes.toString('latin1', start, end)
    : readAnyText(bytes.subarray(start, end), { port, index, limits });
  assertLetters(port, index, text.length);
  return text;
}

/** Up to here looking at each byte is less work than asking for what Node has compiled. */
const SHORT_BYTES = 32;

function isShortAscii(bytes: Buffer, start: number, end: number): boolean {
  if (end - start > SHORT_BYTES) return false;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte === 0 || byte > 0x7f) return false;
  }
  return true;
}

function readAnyText(bytes: Buffer, { port, index, limits }: TextFacts): string {
  const wanted = textFault(bytes, limits);
  if (wanted !== undefined) {
    throw badRequest(`input "${port.name}", element ${index}: ${wanted}, found ${bytes.length} bytes`);
  }
  return bytes.toString('utf8');
}

function textFault(bytes: Buffer, { stringBytes }: RawLimits): string | undefined {
  if (bytes.length > stringBytes) return `wanted at most ${stringBytes} bytes of text`;
  if (bytes.includes(0)) return 'wanted text without U+0000, at which the runtime would cut it';
  return isUtf8(bytes) ? undefined : 'wanted text in UTF-8, which is all that the runtime’s binding carries';
}

interface Sizes {
  readonly wanted: number | string;
  readonly found: number;
}

function wrongSize(port: Port, dims: readonly number[], { wanted, found }: Sizes): RequestError {
  return badRequest(
    `input "${port.name}": ${port.datatype.name} of shape ${renderShape(dims)} wants ${wanted} bytes, found ${found}`,
  );
}
