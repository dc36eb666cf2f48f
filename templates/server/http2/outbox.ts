import { FRAME_HEAD_BYTES } from './protocol.ts';

/** Room for the answers of a turn or two; more of them double it. */
const FIRST_BYTES = 512;

/** Up to here a loop is quicker than a call into V8. */
const LOOPED_BYTES = 24;

/** Frames of one connection that go out together. */
export class Outbox {
  #bytes: Buffer | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What has come together, for one write; it is empty again after that. */
  take(): Buffer {
    const bytes = this.#bytes?.subarray(0, this.#length) ?? Buffer.alloc(0);
    this.#bytes = undefined;
    this.#length = 0;
    return bytes;
  }

  /** The head of a frame, of which so many bytes follow. */
  frame(type: number, flags: number, id: number, length: number): this {
    const bytes = this.#reserve(FRAME_HEAD_BYTES + length);
    const at = this.#length;
    bytes[at] = length >>> 16;
    bytes[at + 1] = (length >>> 8) & 0xff;
    bytes[at + 2] = length & 0xff;
    bytes[at + 3] = type;
    bytes[at + 4] = flags;
    return this.#skip(5).word(id);
  }

  /** A number of 32 bits. */
  word(value: number): this {
    const bytes = this.#reserve(4);
    const at = this.#length;
    bytes[at] = value >>> 24;
    bytes[at + 1] = (value >>> 16) & 0xff;
    bytes[at + 2] = (value >>> 8) & 0xff;
    bytes[at + 3] = value & 0xff;
    return this.#skip(4);
  }

  raw(piece: Uint8Array): this {
    const { length } = piece;
    const bytes = this.#reserve(length);
    const at = this.#length;
    if (length > LOOPED_BYTES) bytes.set(piece, at);
    else for (let index = 0; index < length; index++) bytes[at + index] = piece[index] as number;
    return this.#skip(length);
  }

  #skip(count: number): this {
    this.#length += count;
    return this;
  }

  #reserve(count: number): Buffer {
    const wanted = this.#length + count;
    const { length = 0 } = this.#bytes ?? {};
    if (this.#bytes !== undefined && wanted <= length) return this.#bytes;
    const larger = Buffer.allocUnsafe(Math.max(wanted, FIRST_BYTES, 2 * length));
    this.#bytes?.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
    return larger;
  }
}
