import { letAllGo } from './let-go.ts';

export interface GrowingOptions {
  /** There is room for so many bytes from the beginning on. */
  readonly expectedBytes: number;
  /** Room is never made for more. */
  readonly limitBytes: number;
  /** Free before the bytes, so that what lies among them is aligned. */
  readonly shiftBytes: number;
}

/**
 * Bytes that come piece by piece, in a buffer in which nothing else lies. Its room doubles as it has to: what is not written to takes no
 * memory, and what was there before is given back at once, so that nothing is held twice for long.
 */
export class GrowingBuffer {
  readonly #options: GrowingOptions;
  #room: Buffer;
  #filledBytes = 0;

  constructor(options: GrowingOptions) {
    this.#options = options;
    this.#room = this.#roomFor(Math.min(options.expectedBytes, options.limitBytes));
  }

  /** Copies a piece, which must not go beyond the limit. */
  add(piece: Uint8Array): void {
    const end = this.#filledBytes + piece.length;
    if (end > this.#room.length) this.#grow(end);
    this.#room.set(piece, this.#filledBytes);
    this.#filledBytes = end;
  }

  /** What has come, where it lies. */
  get bytes(): Buffer {
    return this.#room.subarray(0, this.#filledBytes);
  }

  letGo(): void {
    letAllGo(this.#room);
  }

  #grow(bytes: number): void {
    const before = this.#room;
    this.#room = this.#roomFor(Math.min(this.#options.limitBytes, Math.max(bytes, 2 * before.length)));
    before.copy(this.#room, 0, 0, this.#filledBytes);
    letAllGo(before);
  }

  #roomFor(bytes: number): Buffer {
    const { shiftBytes } = this.#options;
    return Buffer.allocUnsafeSlow(bytes + shiftBytes).subarray(shiftBytes);
  }
}
