import { CODE, ConnectionError, DEFAULT_WINDOW_BYTES, FRAME } from './protocol.ts';
import type { Sender } from './sender.ts';
import { WINDOW_BYTES } from './stream.ts';

/** Bytes that a client may send on a whole connection before they are acknowledged: of several large bodies at once. */
const CONNECTION_WINDOW_BYTES = 4 * WINDOW_BYTES;

/** How much data a client may send on a connection, on all of its streams together. */
export class ConnectionWindow {
  readonly #sender: Sender;
  #leftBytes = CONNECTION_WINDOW_BYTES;
  #unacknowledged = 0;

  constructor(sender: Sender) {
    this.#sender = sender;
  }

  /** Tells the client how wide it is. */
  open(): void {
    this.#sender.sendWords(FRAME.windowUpdate, 0, CONNECTION_WINDOW_BYTES - DEFAULT_WINDOW_BYTES);
  }

  /**
   * Counts what has come.
   *
   * @throws ConnectionError where the client has sent more than it may
   */
  take(bytes: number): void {
    this.#leftBytes -= bytes;
    if (this.#leftBytes < 0) throw new ConnectionError(CODE.flowControl, 'more data than the window has room for');
  }

  /** So much of what has come has been seen to: the client may send as much again, of which it is told now and then. */
  acknowledge(bytes: number): void {
    this.#unacknowledged += bytes;
    if (this.#unacknowledged < CONNECTION_WINDOW_BYTES / 2) return;
    this.#sender.sendWords(FRAME.windowUpdate, 0, this.#unacknowledged);
    this.#leftBytes += this.#unacknowledged;
    this.#unacknowledged = 0;
  }
}
