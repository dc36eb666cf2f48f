import { CODE, ConnectionError } from './protocol.ts';

/**
 * Frames in a row that ask for work and bring none to an end: resets, pings, settings, empty ones. A client that gives up all of its
 * calls at once, several times over, is below it.
 */
const MOST_FRAMES = 4000;

/** How many of them are forgotten in a second. */
const FORGOTTEN_PER_SECOND = 400;

/** And for each answer that is sent: its client pings, widens windows and may reset what it no longer wants. */
const FORGOTTEN_PER_ANSWER = 4;

/** Counts what a client sends without getting any further by it (CVE-2019-9512 to 9518, CVE-2023-44487). */
export class FloodGuard {
  #frames = 0;
  #countedMs: number;

  constructor(nowMs: number) {
    this.#countedMs = nowMs;
  }

  /** @throws ConnectionError where it has been too many */
  count(nowMs: number): void {
    if (++this.#frames <= MOST_FRAMES) return;
    this.#frames = Math.max(0, this.#frames - ((nowMs - this.#countedMs) / 1000) * FORGOTTEN_PER_SECOND);
    this.#countedMs = nowMs;
    if (this.#frames > MOST_FRAMES)
      throw new ConnectionError(CODE.enhanceYourCalm, 'too many frames that lead nowhere');
  }

  /** An answer, or a good piece of one, has gone out. */
  forget(): void {
    this.#frames = Math.max(0, this.#frames - FORGOTTEN_PER_ANSWER);
  }
}
