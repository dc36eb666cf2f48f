import { type Coding, decompress, LARGEST_RATIO } from '../content-coding.ts';
import type { BodyMeter } from '../job.ts';
import { badRequest, RequestError } from '../request-error.ts';
import { FramingError } from './status.ts';

/** A byte that says whether the message is compressed, and its length in four. */
export const PREFIX_BYTES = 5;

/** The specification of compression wants INTERNAL for this (doc/compression.md of gRPC, test case 6). */
const UNNAMED = 'the Compressed-Flag of a message is set, and the call has no grpc-encoding';

export interface MessageLimits {
  readonly limitBytes: number;
  readonly meter: BodyMeter;
}

/** Cuts the bytes of a call into messages. Nothing is kept for a message before its length is known to be allowed. */
export class MessageReader {
  readonly #limits: MessageLimits;
  readonly #coding: Coding | undefined;
  readonly #prefix = Buffer.alloc(PREFIX_BYTES);
  #prefixLength = 0;
  #message: Buffer | undefined;
  #filled = 0;
  #held = 0;
  #isOver = false;

  constructor(limits: MessageLimits, coding: Coding | undefined) {
    this.#limits = limits;
    this.#coding = coding;
  }

  /** Whether a message has begun and is not complete. */
  get isHalfWay(): boolean {
    return this.#prefixLength > 0;
  }

  /**
   * Takes in bytes and gives each message that they complete to `done`, in a buffer that is not theirs. Gives how many of the bytes it has
   * taken: not those of messages that begin while the call `isPaused`.
   *
   * @throws RequestError where a message may not be as it is
   */
  push(
    chunk: Buffer,
    { done, isPaused }: { done: (message: Buffer, compressed: boolean) => void; isPaused: () => boolean },
  ): number {
    let position = 0;
    while (position < chunk.length && !this.#isOver) {
      if (!this.isHalfWay && isPaused()) return position;
      if (this.#message === undefined) {
        position = this.#readPrefix(chunk, position);
        if (this.#prefixLength < PREFIX_BYTES) break;
        // The common case: the whole message lies in this piece.
        const length = this.#prefix.readUInt32BE(1);
        this.#assertLength(length);
        if (chunk.length - position >= length) {
          this.#prefixLength = 0;
          const message = Buffer.from(chunk.subarray(position, position + length));
          position += length;
          done(message, this.#prefix[0] === 1);
          continue;
        }
        this.#limits.meter.hold(length);
        this.#held += length;
        this.#message = Buffer.allocUnsafe(length);
        this.#filled = 0;
      }
      const message = this.#message;
      const count = Math.min(chunk.length - position, message.length - this.#filled);
      chunk.copy(message, this.#filled, position, position + count);
      this.#filled += count;
      position += count;
      if (this.#filled < message.length) break;
      this.#message = undefined;
      this.#prefixLength = 0;
      done(message, this.#prefix[0] === 1);
    }
    return chunk.length;
  }

  /** @throws RequestError where it does not inflate, or to more than is allowed */
  async inflate(message: Buffer): Promise<Buffer> {
    const { limitBytes, meter } = this.#limits;
    if (this.#coding === undefined) throw new FramingError(UNNAMED);
    const most = Math.min(limitBytes, message.length * LARGEST_RATIO);
    meter.hold(most);
    this.#held += most;
    return decompress(message, this.#coding, limitBytes);
  }

  /** Gives back what has been counted: the messages so far are decoded, or the call is over. */
  release(): void {
    const inProgress = this.#message?.length ?? 0;
    this.#limits.meter.release(this.#held - inProgress);
    this.#held = inProgress;
  }

  /** The call is over, maybe by what its last message was answered with: one that is half-way is dropped, and none is begun. */
  drop(): void {
    this.#isOver = true;
    this.#message = undefined;
    this.#prefixLength = 0;
  }

  #readPrefix(chunk: Buffer, position: number): number {
    while (this.#prefixLength < PREFIX_BYTES && position < chunk.length) {
      this.#prefix[this.#prefixLength++] = chunk[position++] ?? 0;
    }
    return position;
  }

  #assertLength(length: number): void {
    const flag = this.#prefix[0] ?? 0;
    if (flag > 1) throw badRequest(`a message begins with ${flag}; wanted 0, or 1 for a compressed one`);
    const { limitBytes } = this.#limits;
    if (length <= limitBytes) return;
    throw new RequestError(413, `a message of ${length} bytes is larger than the ${limitBytes} that this image takes`);
  }
}
