import type { BodyMeter } from '../job.ts';
import { RequestError } from '../request-error.ts';

/** A number of bytes that is not limited. */
export const UNLIMITED = Number.POSITIVE_INFINITY;

export interface FullListener {
  /** Called when something does not fit, to give back what is held for nobody. */
  reclaim(): void;
  /** Called where that was not enough. */
  refused(): void;
}

/**
 * Counts the bytes that requests hold, from the first byte of a body to the last of an answer, and takes in no more than fit:
 * what is full is told to clients at once, where memory would have run out a moment later.
 */
export class Ledger implements BodyMeter {
  #capacityBytes: number;
  #heldBytes = 0;
  #listener: FullListener = { reclaim() {}, refused() {} };

  constructor(capacityBytes: number = UNLIMITED) {
    this.#capacityBytes = capacityBytes;
  }

  get capacityBytes(): number {
    return this.#capacityBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Settles how much fits, once the model is loaded and it is known what is left. */
  setCapacity(bytes: number): void {
    this.#capacityBytes = bytes;
  }

  onFull(listener: FullListener): void {
    this.#listener = listener;
  }

  /** @throws RequestError 429 where they do not fit beside what is there */
  hold(bytes: number): void {
    if (this.#heldBytes + bytes > this.#capacityBytes) this.#listener.reclaim();
    if (this.#heldBytes + bytes > this.#capacityBytes) {
      this.#listener.refused();
      throw new RequestError(
        429,
        `memory is taken: requests hold ${this.#heldBytes} of ${this.#capacityBytes} bytes, and this one needs ${bytes} more`,
        { 'retry-after': '1' },
      );
    }
    this.#heldBytes += bytes;
  }

  /** For what is there already and cannot be refused: others will be, until it is gone. */
  add(bytes: number): void {
    this.#heldBytes += bytes;
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes;
  }
}
