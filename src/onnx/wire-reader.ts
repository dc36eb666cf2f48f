import { WIRE } from './fields.ts';
import { READ_LIMITS, type ReadLimits } from './limits.ts';
import type { Span } from './model.ts';
import { limitExceeded, malformed, tooDeep, truncated } from './read-failures.ts';
import type { SourceFile } from './source-file.ts';
import type { TextCache } from './text-cache.ts';

/** First read after a jump: enough for a node or a tensor's head, little enough that stepping over weights costs nothing. */
const SMALLEST_WINDOW = 8 * 1024;
/** Reads that follow each other double up to this. */
const LARGEST_WINDOW = 256 * 1024;
/** A 64-bit integer takes at most ten bytes of seven bits. */
const LONGEST_VARINT = 10;

/**
 * Reads the protobuf wire format from a file, through a window: what is stepped over is never read. Every length is held
 * against the message around it before it is used. Counts what it keeps and does, and throws `onnx/limit` beyond `limits`.
 */
export class WireReader {
  readonly path: string;
  readonly #file: SourceFile;
  readonly #fileBytes: number;
  readonly #limits: ReadLimits;

  #window = Buffer.alloc(0);
  #windowStart = 0;
  #windowEnd = 0;
  #nextWindow = SMALLEST_WINDOW;

  /** Next byte to read, and the end of the message around it. */
  #position = 0;
  #limit: number;
  /** Where the field in hand begins, tag included. */
  #fieldStart = 0;
  #depth = 0;
  /** Halves of the last varint, unsigned. */
  #low = 0;
  #high = 0;

  #kept = 0;
  #records = 0;
  #listElements = 0;
  #fileReads = 0;

  constructor(file: SourceFile, limits: ReadLimits = READ_LIMITS) {
    this.path = file.identity.path;
    this.#file = file;
    this.#fileBytes = file.identity.bytes;
    this.#limit = this.#fileBytes;
    this.#limits = limits;
  }

  get file(): SourceFile {
    return this.#file;
  }

  /** Offset of the field in hand. */
  get fieldStart(): number {
    return this.#fieldStart;
  }

  /**
   * Visits the fields of the message whose pieces lie at `spans`, in order, as protobuf merges them. `visit` gets the tag
   * and has to consume the field. Afterwards the reader stands where it stood before.
   */
  each(spans: readonly Span[], visit: (tag: number) => void): void {
    const position = this.#position;
    const limit = this.#limit;
    this.#enter();
    for (const span of spans) {
      this.#position = span.offset;
      this.#limit = span.offset + span.length;
      while (this.#position < this.#limit) visit(this.#tag());
    }
    this.#depth--;
    this.#position = position;
    this.#limit = limit;
  }

  /** Does work on a message inside the one that was just walked, one level deeper. */
  below<T>(work: () => T): T {
    this.#enter();
    const result = work();
    this.#depth--;
    return result;
  }

  /** Steps over a field with a length and says where its content lies. */
  span(): Span {
    const length = this.#length();
    const span = { offset: this.#position, length };
    this.#position += length;
    return span;
  }

  /** As `span`, counted as kept. */
  keptSpan(cost: number): Span {
    this.charge(cost);
    return this.span();
  }

  /** A 64-bit integer as a number: exact up to 2^53, the nearest double beyond. */
  integer(): number {
    this.#varint();
    return (this.#high | 0) * 2 ** 32 + this.#low;
  }

  /** A 32-bit integer, of which protobuf takes the low half. */
  int32(): number {
    this.#varint();
    return this.#low | 0;
  }

  /** The high half of the integer that was read last. */
  upperHalf(): number {
    return this.#high | 0;
  }

  int64(): bigint {
    this.#varint();
    const low = this.#low;
    const high = this.#high | 0;
    if (high === 0) return BigInt(low);
    if (high === -1) return BigInt(low - 2 ** 32);
    return (BigInt(high) << 32n) | BigInt(low);
  }

  uint64(): bigint {
    this.#varint();
    return (BigInt(this.#high) << 32n) | BigInt(this.#low);
  }

  float(): number {
    const at = this.#take(4);
    return this.#window.readFloatLE(at);
  }

  /** The four bytes of a float, as a signed number. */
  floatBits(): number {
    const at = this.#take(4);
    return this.#window.readInt32LE(at);
  }

  double(): number {
    const at = this.#take(8);
    return this.#window.readDoubleLE(at);
  }

  bytes(cost: number): Uint8Array {
    const span = this.span();
    this.charge(cost + span.length);
    return this.copy(span);
  }

  /** A text, decoded by `texts`. */
  string(texts: TextCache): string {
    const length = this.#length();
    if (length > LARGEST_WINDOW) {
      const span = { offset: this.#position, length };
      this.#position += length;
      this.charge(length);
      return texts.decode(Buffer.from(this.copy(span)), 0, length);
    }
    const at = this.#take(length);
    return texts.decode(this.#window, at, length);
  }

  /** Steps over a field that has no name here, and keeps its bytes, tag included. */
  unknown(tag: number, cost: number): Uint8Array {
    const offset = this.#fieldStart;
    this.skip(tag);
    const length = this.#position - offset;
    this.charge(cost + length);
    return this.copy({ offset, length });
  }

  /** Steps over the content of a field. */
  skip(tag: number): void {
    switch (tag & 7) {
      case WIRE.varint:
        this.#varint();
        return;
      case WIRE.fixed64:
        this.#step(8);
        return;
      case WIRE.bytes:
        this.#step(this.#length());
        return;
      case WIRE.groupStart:
        this.#skipGroup(tag >>> 3);
        return;
      case WIRE.fixed32:
        this.#step(4);
        return;
      default:
        throw this.malformed('a field begins with what is no tag of a field');
    }
  }

  /**
   * Consumes the field in hand and all that follow it directly with the same one-byte tag; gives their run, tags included,
   * and how many they are.
   */
  run(tag: number): { readonly run: Span; readonly records: number } {
    const offset = this.#fieldStart;
    let records = 0;
    for (;;) {
      this.skip(tag);
      records++;
      if (this.#position >= this.#limit || this.#peek() !== tag) break;
      this.#position++;
    }
    this.countElements(records);
    return { run: { offset, length: this.#position - offset }, records };
  }

  /** Visits the elements of a packed field; `read` has to consume one. */
  packed(read: () => void): void {
    const span = this.span();
    const position = this.#position;
    const limit = this.#limit;
    this.#position = span.offset;
    this.#limit = position;
    while (this.#position < this.#limit) read();
    this.#limit = limit;
  }

  /** Counts the varints in a span: each ends with a byte whose highest bit is clear. */
  countVarints(span: Span): number {
    let count = 0;
    let done = 0;
    while (done < span.length) {
      const size = Math.min(LARGEST_WINDOW, span.length - done);
      const chunk = this.copy({ offset: span.offset + done, length: size });
      for (let index = 0; index < size; index++) if ((chunk[index] ?? 0) < 0x80) count++;
      done += size;
    }
    return count;
  }

  /** A copy of bytes of the file. */
  copy(span: Span): Uint8Array {
    const { offset, length } = span;
    if (offset >= this.#windowStart && offset + length <= this.#windowEnd) {
      const from = offset - this.#windowStart;
      return new Uint8Array(this.#window.subarray(from, from + length));
    }
    const bytes = new Uint8Array(length);
    this.#countRead();
    this.#file.fill(bytes, offset);
    return bytes;
  }

  charge(bytes: number): void {
    this.#kept += bytes;
    if (this.#kept > this.#limits.keptBytes) {
      throw this.#limitExceeded(`the graph takes more than ${this.#limits.keptBytes} bytes of memory`);
    }
  }

  countElements(elements: number): void {
    this.#listElements += elements;
    if (this.#listElements > this.#limits.listElements) {
      throw this.#limitExceeded(`lists have more than ${this.#limits.listElements} elements that stand one by one`);
    }
  }

  malformed(why: string): Error {
    return malformed(this.path, { offset: this.#fieldStart, why });
  }

  #limitExceeded(what: string): Error {
    return limitExceeded(this.path, { offset: this.#fieldStart, what });
  }

  #enter(): void {
    this.#depth++;
    // The file itself is depth 1 here, and none in protobuf's count.
    if (this.#depth > this.#limits.depth + 1) {
      throw tooDeep(this.path, { offset: this.#position, limit: this.#limits.depth });
    }
  }

  #skipGroup(field: number): void {
    this.#enter();
    for (;;) {
      if (this.#position >= this.#limit) throw this.malformed('a group of fields has no end');
      const tag = this.#tag(WIRE.groupEnd);
      if ((tag & 7) !== WIRE.groupEnd) this.skip(tag);
      else if (tag >>> 3 === field) break;
      else throw this.malformed('a group of fields ends with the tag of another group');
    }
    this.#depth--;
  }

  #tag(allowed: number = WIRE.varint): number {
    this.#fieldStart = this.#position;
    this.#records++;
    if (this.#records > this.#limits.records) {
      throw this.#limitExceeded(`there are more than ${this.#limits.records} fields`);
    }
    this.#varint();
    const tag = this.#low;
    if (this.#high !== 0 || tag >>> 3 === 0) throw this.malformed('a field begins with what is no tag of a field');
    if ((tag & 7) === WIRE.groupEnd && allowed !== WIRE.groupEnd) throw this.malformed('a group ends that never began');
    return tag;
  }

  #length(): number {
    this.#varint();
    const length = this.#high * 2 ** 32 + this.#low;
    this.#check(length);
    return length;
  }

  /** Holds `length` bytes from here against the message around and the file. */
  #check(length: number): void {
    if (length <= this.#limit - this.#position) return;
    const left = this.#fileBytes - this.#position;
    if (length > left) throw truncated(this.path, { offset: this.#fieldStart, wanted: length, left });
    throw this.malformed(
      `a field of ${length} bytes stands in a message of which ${this.#limit - this.#position} bytes are left`,
    );
  }

  #step(length: number): void {
    this.#check(length);
    this.#position += length;
  }

  /** Brings `length` bytes into the window and steps over them; returns where in the window they begin. */
  #take(length: number): number {
    this.#check(length);
    const at = this.#position - this.#windowStart;
    const offset = at >= 0 && this.#position + length <= this.#windowEnd ? at : this.#load(length);
    this.#position += length;
    return offset;
  }

  #peek(): number {
    let at = this.#position - this.#windowStart;
    if (at < 0 || this.#position >= this.#windowEnd) at = this.#load(1);
    return this.#window[at] ?? 0;
  }

  #varint(): void {
    const left = Math.min(LONGEST_VARINT, this.#limit - this.#position);
    let at = this.#position - this.#windowStart;
    if (at < 0 || this.#position + left > this.#windowEnd) at = this.#load(left);
    const window = this.#window;
    let low = 0;
    let high = 0;
    for (let index = 0; index < left; index++) {
      const byte = window[at + index] ?? 0;
      if (index < 4) low |= (byte & 0x7f) << (7 * index);
      else if (index === 4) {
        low |= (byte & 0x7f) << 28;
        high = (byte & 0x7f) >> 4;
      } else high |= (byte & 0x7f) << (7 * index - 32);
      if (byte < 0x80) {
        this.#position += index + 1;
        this.#low = low >>> 0;
        this.#high = high >>> 0;
        return;
      }
    }
    if (left < LONGEST_VARINT) {
      if (this.#limit === this.#fileBytes)
        throw truncated(this.path, { offset: this.#position, wanted: left + 1, left });
      throw malformed(this.path, { offset: this.#position, why: 'a message ends inside of a number' });
    }
    throw malformed(this.path, { offset: this.#position, why: 'a number has more than ten bytes' });
  }

  /** Reads the window anew from the position on, at least `length` bytes; returns 0, where the position now is in it. */
  #load(length: number): number {
    const follows = this.#position >= this.#windowStart && this.#position <= this.#windowEnd;
    this.#nextWindow = follows ? Math.min(LARGEST_WINDOW, this.#nextWindow * 2) : SMALLEST_WINDOW;
    const wanted = Math.min(Math.max(length, this.#nextWindow), this.#fileBytes - this.#position);
    if (this.#window.length < wanted) this.#window = Buffer.allocUnsafeSlow(Math.max(wanted, this.#nextWindow));
    this.#countRead();
    this.#file.fill(this.#window.subarray(0, wanted), this.#position);
    this.#windowStart = this.#position;
    this.#windowEnd = this.#position + wanted;
    return 0;
  }

  #countRead(): void {
    this.#fileReads++;
    if (this.#fileReads > this.#limits.fileReads) {
      throw this.#limitExceeded(`reading it takes more than ${this.#limits.fileReads} jumps in the file`);
    }
  }
}
