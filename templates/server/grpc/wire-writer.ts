import { keepShape } from '../keep-shape.ts';
import { letGo } from '../let-go.ts';
import { WIRE } from './wire-reader.ts';

/** Most messages are metadata or a few rows; longer ones double it. */
const FIRST_BYTES = 256;

/** A part of a message: what a writer has written, or bytes as they are. */
export type Piece = WireWriter | Uint8Array;

/** Writes protocol buffers into one buffer that grows. */
export class WireWriter {
  #bytes: Buffer;
  #length = 0;

  constructor(firstBytes = FIRST_BYTES) {
    this.#bytes = Buffer.allocUnsafe(firstBytes);
  }

  get length(): number {
    return this.#length;
  }

  finish(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  /** Gives the memory back of what was written: it has been copied, or has gone out. */
  spend(): void {
    letGo(this.#bytes);
  }

  bool(field: number, value: boolean): this {
    return value ? this.tag(field, WIRE.varint).varint(1) : this;
  }

  integer(field: number, value: number): this {
    return value === 0 ? this : this.tag(field, WIRE.varint).varint(value);
  }

  text(field: number, value: string): this {
    return value === '' ? this : this.string(field, value);
  }

  /** Text that is written where it is empty, too. */
  string(field: number, value: string): this {
    const length = Buffer.byteLength(value);
    this.tag(field, WIRE.bytes).varint(length);
    this.#reserve(length);
    this.#length += this.#bytes.write(value, this.#length, 'utf8');
    return this;
  }

  /** Bytes or a message that has been written before; one that is empty is written too. */
  span(field: number, value: Uint8Array): this {
    return this.tag(field, WIRE.bytes).varint(value.length).raw(value);
  }

  /** Whole numbers from 0 up, packed. */
  packed(field: number, values: readonly number[]): this {
    let length = 0;
    for (const value of values) length += varintBytes(value);
    this.tag(field, WIRE.bytes).varint(length);
    for (const value of values) this.varint(value);
    return this;
  }

  tag(field: number, wireType: number): this {
    return this.varint(field * 8 + wireType);
  }

  /** A whole number from -2^53 to 2^53; a negative one takes ten bytes, as the format has it. */
  varint(value: number): this {
    return this.words(value >>> 0, Math.floor(value / 2 ** 32) >>> 0);
  }

  /** A varint by its halves. */
  words(low: number, high: number): this {
    this.#reserve(10);
    const bytes = this.#bytes;
    let position = this.#length;
    while (high > 0 || low > 0x7f) {
      bytes[position++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    bytes[position++] = low;
    this.#length = position;
    return this;
  }

  /** Bytes as they are. */
  raw(value: Uint8Array): this {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  #reserve(count: number): void {
    const wanted = this.#length + count;
    if (wanted <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(wanted, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#length);
    letGo(this.#bytes);
    this.#bytes = larger;
  }
}

keepShape(new WireWriter());

/** Bytes that a whole number from 0 up takes. */
export function varintBytes(value: number): number {
  let bytes = 1;
  while (value >= 128) {
    value = Math.floor(value / 128);
    bytes++;
  }
  return bytes;
}
