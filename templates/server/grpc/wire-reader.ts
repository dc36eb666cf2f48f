import { isUtf8 } from 'node:buffer';
import { keepShape } from '../keep-shape.ts';
import type { Stepping } from '../reading-steps.ts';
import { badRequest, type RequestError } from '../request-error.ts';

/** Kinds of values in protocol buffers; groups are long out of use and refused. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

/**
 * Reads protocol buffers field by field out of a span of bytes. Every length is held against what is left before anything is
 * sliced, and nothing is copied.
 */
export class WireReader implements Stepping {
  readonly bytes: Buffer;
  position: number;
  stepStart: number;
  readonly end: number;
  /** How many have been read. */
  fields = 0;
  /** Kind of the field that was read last. */
  wireType = 0;
  /** The last varint's halves, each as 32 bits without a sign. */
  low = 0;
  high = 0;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.position = start;
    this.stepStart = start;
    this.bytes = bytes;
    this.end = end;
  }

  /** Number of the next field, 0 at the end of the span. */
  nextField(): number {
    if (this.position >= this.end) return 0;
    this.varint();
    const field = this.low >>> 3;
    this.wireType = this.low & 7;
    if (field === 0 || this.high !== 0) throw this.malformed('a field number');
    this.fields++;
    return field;
  }

  /** Reads a varint into `low` and `high`. */
  varint(): void {
    const { bytes } = this;
    let { position } = this;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (position >= this.end) throw this.malformed('the rest of a number');
      const byte = bytes[position++] ?? 0;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else if (shift < 64) high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.low = low >>> 0;
        this.high = high >>> 0;
        this.position = position;
        return;
      }
    }
    throw this.malformed('a number of at most ten bytes');
  }

  /** The last varint as an `int64`; beyond 2^53 only roughly. */
  signed(): number {
    return (this.high | 0) * 2 ** 32 + this.low;
  }

  /** The last varint as a `uint64`; beyond 2^53 only roughly. */
  unsigned(): number {
    return this.high * 2 ** 32 + this.low;
  }

  /** Enters a field of bytes: gives where it ends, and stands at its start. */
  enter(what: string): number {
    if (this.wireType !== WIRE.bytes) throw this.malformed(`${what} as bytes`);
    this.varint();
    const end = this.position + this.unsigned();
    if (end > this.end) throw this.malformed(`the ${this.unsigned()} bytes of ${what}`);
    return end;
  }

  /** A field of bytes as a reader of its own; this one then stands after it. */
  message(what: string): WireReader {
    const end = this.enter(what);
    const start = this.position;
    this.position = end;
    return new WireReader(this.bytes, start, end);
  }

  /** A field of bytes, where they lie. */
  span(what: string): Buffer {
    const end = this.enter(what);
    const start = this.position;
    this.position = end;
    return this.bytes.subarray(start, end);
  }

  text(what: string, limitBytes: number): string {
    const span = this.span(what);
    if (span.length > limitBytes) throw badRequest(`${what} is longer than ${limitBytes} bytes`);
    if (!isUtf8(span)) throw badRequest(`${what} is not UTF-8`);
    return span.toString('utf8');
  }

  /** Reads past the value of the field that was read last. */
  skip(): void {
    if (this.wireType === WIRE.varint) this.varint();
    else if (this.wireType === WIRE.bytes) this.position = this.enter('a field');
    else if (this.wireType === WIRE.fixed64) this.#advance(8);
    else if (this.wireType === WIRE.fixed32) this.#advance(4);
    else throw this.malformed('a kind of field that is in use');
  }

  malformed(wanted: string): RequestError {
    return badRequest(
      `the message is no valid protocol buffer: wanted ${wanted} at byte ${this.position}, ${this.end - this.position} bytes are left`,
    );
  }

  #advance(count: number): void {
    if (count > this.end - this.position) throw this.malformed(`${count} bytes`);
    this.position += count;
  }
}

keepShape(new WireReader(Buffer.alloc(0)));
