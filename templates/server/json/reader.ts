import { isUtf8 } from 'node:buffer';
import { keepShape } from '../keep-shape.ts';
import { DEFAULT_LIMITS, type RequestLimits } from '../limits.ts';
import type { Stepping } from '../reading-steps.ts';
import { badRequest, type RequestError } from '../request-error.ts';
import type { Elements } from '../tensor.ts';
import { endOfNumber } from './grammar.ts';
import { cut, quoteValue } from './quote-value.ts';

/** Longest stretch of white space: as much as a text, which is far more than anybody indents by. */
const LONGEST_SPACE_BYTES = 2 ** 20;

/** Values that are neither numbers nor in quotes nor in brackets. */
const BARE_WORDS = ['true', 'false', 'null', 'NaN', 'Infinity', '-Infinity'] as const;

const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** What holds the elements of any type but text. */
export type Numbers = Exclude<Elements, string[]>;

/** Numbers of one array that have been read before the rest of the text, and are no longer in it. */
export interface TakenNumbers {
  /** Where they were: right behind the bracket of their array. */
  readonly at: number;
  /** Length of their text, the comma behind the last of them included. */
  readonly textBytes: number;
  /** Room for all elements of the array. */
  readonly values: Float32Array | Float64Array;
  /** How many there are; the text goes on with the next one. */
  readonly count: number;
}

/**
 * Pulls JSON out of bytes, value by value, so that numbers go from the text straight into tensors: no object tree that
 * outgrows the body many times, no integer rounded to a double on the way, and every error knows its byte. `NaN`,
 * `Infinity` and `-Infinity` are taken for numbers, as the protocol's clients write them.
 */
export class JsonReader implements Stepping {
  readonly bytes: Buffer;
  /** The same bytes, several at a time. */
  readonly view: DataView;
  readonly limits: RequestLimits;
  readonly #taken: TakenNumbers | undefined;
  position = 0;
  stepStart = 0;
  /** Contents of the last string or member name, quotes left out. */
  #start = 0;
  #end = 0;
  #escaped = false;
  #ascii = true;
  #validUtf8: boolean | undefined;

  constructor(bytes: Buffer, limits: RequestLimits = DEFAULT_LIMITS, taken?: TakenNumbers) {
    // Some editors and shells begin a file with a mark of its byte order, which means nothing in UTF-8 (RFC 8259, section 8.1).
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) this.position = 3;
    this.#taken = taken;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.limits = limits;
  }

  /** First byte of the next value or mark, white space skipped; 0 at the end of the body. */
  peek(): number {
    const byte = this.bytes[this.position] ?? 0;
    return byte > SPACE ? byte : this.#skipSpace();
  }

  /** Enters an object; true when it has a member, whose name is then the last string. */
  openObject(what: string): boolean {
    if (this.peek() !== OPEN_OBJECT) throw this.mismatch(what, 'an object');
    this.position++;
    if (this.peek() !== CLOSE_OBJECT) return this.#memberName();
    this.position++;
    return false;
  }

  /** After a member's value: true when another member follows, false when the object has been closed. */
  nextMember(): boolean {
    const byte = this.peek();
    if (byte === COMMA) {
      this.position++;
      this.peek();
      return this.#memberName();
    }
    if (byte !== CLOSE_OBJECT) throw this.syntaxError('"," or "}"');
    this.position++;
    return false;
  }

  /** Enters an array; true when it has an element. */
  openArray(what: string): boolean {
    if (this.peek() !== OPEN_ARRAY) throw this.mismatch(what, 'an array');
    this.position++;
    if (this.position === this.#taken?.at) return true;
    if (this.peek() !== CLOSE_ARRAY) return true;
    this.position++;
    return false;
  }

  /** After an element: true when another follows, false when the array has been closed. */
  nextElement(): boolean {
    const byte = this.peek();
    if (byte === COMMA) {
      this.position++;
      return true;
    }
    if (byte !== CLOSE_ARRAY) throw this.syntaxError('"," or "]"');
    this.position++;
    return false;
  }

  /** Whether the last string equals `text`; plain ASCII is compared where it lies. */
  lastIs(text: string): boolean {
    if (this.#escaped || !this.#ascii) return this.lastString() === text;
    const { bytes } = this;
    const start = this.#start;
    if (this.#end - start !== text.length) return false;
    for (let index = 0; index < text.length; index++) if (bytes[start + index] !== text.charCodeAt(index)) return false;
    return true;
  }

  /** The last string, decoded. */
  lastString(): string {
    if (!this.#ascii) this.#assertUtf8();
    if (this.#escaped) return this.#unescaped();
    return this.#ascii
      ? this.bytes.toString('latin1', this.#start, this.#end)
      : this.bytes.toString('utf8', this.#start, this.#end);
  }

  /** Whether the last string was written with escapes, which alone can bring in lone surrogates. */
  lastHasEscapes(): boolean {
    return this.#escaped;
  }

  /** Reads a string value; `lastString` and `lastIs` tell what it is. */
  readString(what: string): void {
    if (this.peek() !== QUOTE) throw this.mismatch(what, 'a string');
    this.#scanString();
  }

  /** Reads past a value without parts. */
  skipScalar(): void {
    if (this.peek() === QUOTE) {
      this.#scanString();
      return;
    }
    const end = endOfNumber(this.bytes, this.position);
    if (end >= 0) {
      this.position = end;
      return;
    }
    for (const word of BARE_WORDS) if (this.takeWord(word)) return;
    throw this.syntaxError('a value');
  }

  /** Holds that nothing but white space is left. */
  assertEnd(): void {
    this.peek();
    if (this.position < this.bytes.length) throw this.syntaxError('the end of the body');
  }

  /** Takes `word` if it stands here. */
  takeWord(word: string): boolean {
    const { bytes, position } = this;
    for (let index = 0; index < word.length; index++) {
      if (bytes[position + index] !== word.charCodeAt(index)) return false;
    }
    this.position += word.length;
    return true;
  }

  /** Takes `null` if it is the next value: some serialisers write it for every member that is not set. */
  takeNull(): boolean {
    this.peek();
    return this.takeWord('null');
  }

  /** What has been taken out of the array that begins here, white space skipped. */
  takenHere(): TakenNumbers | undefined {
    return this.peek() === OPEN_ARRAY && this.#taken?.at === this.position + 1 ? this.#taken : undefined;
  }

  /** What has been read past from `start` on, as it was written; held to the letters of JSON, which reading past does not look at. */
  textFrom(start: number): string {
    const read = this.bytes.subarray(start, this.position);
    if (!isUtf8(read)) throw notUtf8();
    const text = read.toString('utf8');
    if (text.replace(ESCAPE, '').includes('\\')) throw this.#unknownEscape(start, text);
    return text;
  }

  /** Where what comes next stood in the body as it was sent. */
  get place(): number {
    return this.#placeOf(this.position);
  }

  /** Bytes of the body that are still to be read. */
  get leftBytes(): number {
    return this.#placeOf(this.bytes.length) - this.place;
  }

  /** The grammar is broken here. */
  syntaxError(wanted: string): RequestError {
    return badRequest(`bad JSON at byte ${this.place}: wanted ${wanted}, found ${this.found()}`);
  }

  /** The grammar holds, but the protocol wants another kind of value here. */
  mismatch(what: string, wanted: string): RequestError {
    return badRequest(`${what} (at byte ${this.place}): wanted ${wanted}, found ${this.found()}`);
  }

  /** What stands here, for messages: the value as written, cut where it is long. */
  found(): string {
    return quoteValue(this.bytes, this.position);
  }

  /** Where a byte stood in the body as it was sent. */
  #placeOf(position: number): number {
    const taken = this.#taken;
    return taken !== undefined && position >= taken.at ? position + taken.textBytes : position;
  }

  #skipSpace(): number {
    const { bytes } = this;
    const most = this.position + LONGEST_SPACE_BYTES;
    let { position } = this;
    let byte = bytes[position] ?? 0;
    while (isSpace(byte) && position < most) byte = bytes[++position] ?? 0;
    if (position === most)
      throw badRequest(`the white space at byte ${this.place} is longer than ${LONGEST_SPACE_BYTES} bytes`);
    this.position = position;
    return byte;
  }

  #memberName(): true {
    if (this.peek() !== QUOTE) throw this.syntaxError('a member name in double quotes');
    this.#scanString();
    if (this.peek() !== COLON) throw this.syntaxError('":"');
    this.position++;
    return true;
  }

  #scanString(): void {
    const { bytes } = this;
    const { stringBytes } = this.limits;
    const start = this.position + 1;
    const most = start + stringBytes;
    let position = start;
    let escaped = false;
    let ascii = true;
    for (;;) {
      const byte = bytes[position];
      if (byte === QUOTE) break;
      if (byte === undefined || byte < 0x20) {
        this.position = position;
        throw this.syntaxError(byte === undefined ? 'the end of a string' : 'no bare control character in a string');
      }
      if (byte === BACKSLASH) {
        escaped = true;
        position++;
      } else if (byte > 0x7f) ascii = false;
      position++;
      if (position > most)
        throw badRequest(`the string at byte ${this.#placeOf(start - 1)} is longer than ${stringBytes} bytes`);
    }
    this.#start = start;
    this.#end = position;
    this.#escaped = escaped;
    this.#ascii = ascii;
    this.position = position + 1;
  }

  #unescaped(): string {
    const quoted = this.bytes.toString('utf8', this.#start - 1, this.#end + 1);
    try {
      return JSON.parse(quoted) as string;
    } catch {
      throw this.#unknownEscape(this.#start - 1, quoted);
    }
  }

  #unknownEscape(start: number, text: string): RequestError {
    return badRequest(`bad JSON at byte ${this.#placeOf(start)}: ${cut(text)} has an escape that JSON does not know`);
  }

  #assertUtf8(): void {
    this.#validUtf8 ??= isUtf8(this.bytes);
    if (!this.#validUtf8) throw notUtf8();
  }
}

keepShape(new JsonReader(Buffer.alloc(0)));

/** RFC 8259, section 7. */
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/g;

function notUtf8(): RequestError {
  return badRequest('the body is not UTF-8; JSON is written in UTF-8 and nothing else');
}

function isSpace(byte: number): boolean {
  return byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
