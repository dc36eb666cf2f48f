import type { BodyMeter } from '../job.ts';
import { RequestError } from '../request-error.ts';
import { CODE, ConnectionError } from './protocol.ts';

/** Parts of heads and of frames up to here are not counted: nearly all heads are shorter, and come in one piece. */
const SHORT_PART_BYTES = 1024;

/** Counts what of a connection's frames waits for its rest: with many connections it would else be memory that nobody has planned. */
export class HeldParts {
  readonly #meter: BodyMeter;
  /** As they are counted at the meter. */
  #bytes = 0;

  constructor(meter: BodyMeter) {
    this.#meter = meter;
  }

  /**
   * So many bytes wait now, in place of those before.
   *
   * @throws ConnectionError where there is no room for them
   */
  hold(keptBytes: number): void {
    const bytes = keptBytes > SHORT_PART_BYTES ? keptBytes : 0;
    if (bytes === this.#bytes) return;
    this.release();
    try {
      this.#meter.hold(bytes);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      throw new ConnectionError(CODE.enhanceYourCalm, `a head that comes in pieces: ${error.message}`);
    }
    this.#bytes = bytes;
  }

  release(): void {
    this.#meter.release(this.#bytes);
    this.#bytes = 0;
  }
}
