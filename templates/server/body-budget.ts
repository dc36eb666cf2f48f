import type { BodyMeter } from './job.ts';
import { RequestError } from './request-error.ts';

/** Bounds the bytes of all bodies that are under way at once: the limit on one body alone lets many connections add up. */
export class BodyBudget implements BodyMeter {
  readonly #limitBytes: number;
  #heldBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  hold(bytes: number): void {
    if (this.#heldBytes + bytes > this.#limitBytes) {
      throw new RequestError(429, `too many bodies are coming in: they may hold ${this.#limitBytes} bytes together`, {
        'retry-after': '1',
      });
    }
    this.#heldBytes += bytes;
  }

  release(bytes: number): void {
    this.#heldBytes -= bytes;
  }
}
