import { bytesContent, type Content, fileContent } from './content.ts';
import type { Tensor } from './model.ts';
import { originOf } from './provenance.ts';
import type { FileIdentity } from './source-file.ts';
import { encodeUtf8 } from './utf8.ts';

const FIRST_BUFFER = 256;
/** Bytes beyond this are referred to, not copied. */
const LARGEST_COPIED = 64 * 1024;

/** Where a writer finds what is not in the values themselves. */
export interface PartSources {
  readonly fileOf: (value: object) => FileIdentity;
  readonly inline: ReadonlyMap<Tensor, Content>;
}

/**
 * Builds a protobuf message as a row of contents: what is small is encoded in memory, what is large stays where it is and
 * is copied when the message is written.
 */
export class WireWriter {
  readonly #parts: PartSources;
  readonly #done: Content[] = [];
  #buffer = Buffer.allocUnsafe(FIRST_BUFFER);
  #used = 0;
  #length = 0;

  constructor(parts: PartSources) {
    this.#parts = parts;
  }

  /** The file in which the spans of a value lie. */
  fileOf(value: object): FileIdentity {
    return this.#parts.fileOf(value);
  }

  /** The raw data that a tensor gets in place of what it says; `undefined` where it keeps what it says. */
  inlineDataOf(tensor: Tensor): Content | undefined {
    return this.#parts.inline.get(tensor);
  }

  /** Bytes of the message so far. */
  get length(): number {
    return this.#length + this.#used;
  }

  contents(): readonly Content[] {
    this.#flush();
    return this.#done;
  }

  varint(tag: number, value: bigint | number): void {
    this.#varint(tag);
    if (typeof value === 'number' && value >= 0 && value < 2 ** 31) this.#varint(value);
    else this.#bigVarint(BigInt.asUintN(64, BigInt(value)));
  }

  float(tag: number, value: number): void {
    this.#varint(tag);
    this.#reserve(4);
    this.#used = this.#buffer.writeFloatLE(value, this.#used);
  }

  string(tag: number, text: string): void {
    this.bytes(tag, encodeUtf8(text));
  }

  /** A text, left out where it is empty. */
  text(tag: number, text: string): void {
    if (text !== '') this.string(tag, text);
  }

  bytes(tag: number, bytes: Uint8Array): void {
    this.#varint(tag);
    this.#varint(bytes.length);
    if (bytes.length > LARGEST_COPIED) this.append(bytesContent(bytes));
    else this.raw(bytes);
  }

  content(tag: number, content: Content): void {
    this.#varint(tag);
    this.#bigVarint(BigInt(content.length));
    this.append(content);
  }

  /** A message, copied from its file where `value` was read and not replaced, else encoded by `encode`. */
  message<T extends object>(tag: number, value: T, encode: (writer: WireWriter, value: T) => void): void {
    const origin = originOf(value);
    if (origin) {
      this.content(tag, fileContent(origin.file, origin.span));
      return;
    }
    this.inner(tag, (inner) => encode(inner, value));
  }

  /** A message that `encode` fills. */
  inner(tag: number, encode: (inner: WireWriter) => void): void {
    const inner = new WireWriter(this.#parts);
    encode(inner);
    this.#varint(tag);
    this.#bigVarint(BigInt(inner.length));
    this.#adopt(inner);
  }

  #adopt(inner: WireWriter): void {
    if (inner.#done.length === 0) this.raw(inner.#buffer.subarray(0, inner.#used));
    else for (const content of inner.contents()) this.append(content);
  }

  /** Whole records, tags included. */
  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  append(content: Content): void {
    this.#flush();
    this.#done.push(content);
    this.#length += content.length;
  }

  #varint(value: number): void {
    this.#reserve(5);
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.#used++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#buffer[this.#used++] = rest;
  }

  #bigVarint(value: bigint): void {
    this.#reserve(10);
    let rest = value;
    while (rest >= 0x80n) {
      this.#buffer[this.#used++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#buffer[this.#used++] = Number(rest);
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#used + bytes));
    larger.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = larger;
  }

  #flush(): void {
    if (this.#used === 0) return;
    this.#done.push(bytesContent(this.#buffer.subarray(0, this.#used)));
    this.#length += this.#used;
    this.#buffer = Buffer.allocUnsafe(FIRST_BUFFER);
    this.#used = 0;
  }
}
