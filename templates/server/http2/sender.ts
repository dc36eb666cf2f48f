import type { Socket } from 'node:net';
import type { BodyMeter } from '../job.ts';
import { FloodGuard } from './flood-guard.ts';
import { HeadEncoder } from './head-encoder.ts';
import { Outbox } from './outbox.ts';
import {
  CODE,
  ConnectionError,
  DEFAULT_FRAME_BYTES,
  DEFAULT_WINDOW_BYTES,
  FLAG,
  FRAME,
  LARGEST_WINDOW_BYTES,
} from './protocol.ts';

/** Bytes that wait for the client to read them before nothing more is made for it. */
const MOST_WAITING_BYTES = 128 * 1024;

const NOTHING = Buffer.alloc(0);

/** What waits for room in the client's windows. */
export interface Waiting {
  /** Sends what there is room for. */
  pump(): void;
}

/** A connection's way out: frames of one turn of the loop go out in one write, data only as far as the client has room for it. */
export class Sender {
  readonly encoder = new HeadEncoder();
  readonly guard = new FloodGuard(performance.now());
  /** Bytes of data that the client takes: on the whole connection, on a new stream, in a frame. */
  window = DEFAULT_WINDOW_BYTES;
  streamWindow = DEFAULT_WINDOW_BYTES;
  frameBytes = DEFAULT_FRAME_BYTES;
  readonly meter: BodyMeter;
  readonly #socket: Socket;
  readonly #onRoom: () => void;
  readonly #outbox = new Outbox();
  readonly #waiting = new Set<Waiting>();
  #isScheduled = false;
  /** Counted at the meter, and whether it is known when they will have gone. */
  #unreadBytes = 0;
  #isWatching = false;
  /** Whether the last of the connection stands in the outbox. */
  #isEnding = false;

  /** `onRoom` is called when the client has read what kept this connection from being read. */
  constructor(socket: Socket, meter: BodyMeter, onRoom: () => void) {
    this.#socket = socket;
    this.meter = meter;
    this.#onRoom = onRoom;
  }

  /** Whether the client has so much to read that nothing more should be made for it. */
  get isFull(): boolean {
    return this.#outbox.length + this.#socket.writableLength > MOST_WAITING_BYTES;
  }

  /** A frame of few bytes. */
  send(type: number, flags: number, id: number, payload: Uint8Array): void {
    this.#schedule();
    this.#outbox.frame(type, flags, id, payload.length).raw(payload);
  }

  /** A frame that holds one or more numbers of 32 bits. */
  sendWords(type: number, id: number, ...words: number[]): void {
    this.#schedule();
    this.#outbox.frame(type, 0, id, 4 * words.length);
    for (const word of words) this.#outbox.word(word);
  }

  /** A frame of numbers and words for people. */
  sendText(type: number, words: readonly number[], text: string): void {
    this.#schedule();
    this.#outbox.frame(type, 0, 0, 4 * words.length + text.length);
    for (const word of words) this.#outbox.word(word);
    this.#outbox.raw(Buffer.from(text, 'latin1'));
  }

  sendHead(id: number, block: Uint8Array, isLast: boolean): void {
    const flags = FLAG.endHeaders | (isLast ? FLAG.endStream : 0);
    this.send(FRAME.headers, flags, id, block);
  }

  /** Begins a frame of data, whose bytes are to follow at once; they are counted here. */
  beginData(id: number, bytes: number): Outbox {
    this.#schedule();
    this.guard.forget();
    this.window -= bytes;
    return this.#outbox.frame(FRAME.data, 0, id, bytes);
  }

  /** @throws ConnectionError where it would be wider than there is */
  widen(bytes: number): void {
    this.window += bytes;
    if (this.window > LARGEST_WINDOW_BYTES) throw new ConnectionError(CODE.flowControl, 'the window is too wide');
    this.pumpAll();
  }

  /** Has a stream asked again when there may be room. */
  wait(stream: Waiting): void {
    this.#waiting.add(stream);
  }

  forget(stream: Waiting): void {
    this.#waiting.delete(stream);
  }

  pumpAll(): void {
    if (this.#waiting.size === 0) return;
    // In turns: whoever is not done stands behind the others.
    const streams = [...this.#waiting];
    this.#waiting.clear();
    for (const stream of streams) stream.pump();
  }

  /** Ends the connection with what has been sent so far. */
  end(): void {
    this.#isEnding = true;
    this.#schedule();
  }

  /** The connection is no more: nobody reads anything. */
  close(): void {
    this.meter.release(this.#unreadBytes);
    this.#unreadBytes = 0;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    process.nextTick(this.#flush);
  }

  readonly #flush = (): void => {
    this.#isScheduled = false;
    const socket = this.#socket;
    if (!socket.writable) {
      this.#outbox.take();
      return;
    }
    if (this.#outbox.length > 0) {
      socket.write(this.#outbox.take());
      if (socket.writableLength > 0) this.#watchUnread();
      // In a turn of its own: what one client reads quickly must not keep the others waiting.
      else if (this.#waiting.size > 0) setImmediate(this.#goOn);
      else this.#onRoom();
    }
    if (this.#isEnding) socket.end();
  };

  /** Counts what the client is slow to read, until it has. */
  #watchUnread(): void {
    this.#countUnread();
    if (this.#isWatching) return;
    this.#isWatching = true;
    this.#socket.write(NOTHING, () => {
      this.#isWatching = false;
      this.#countUnread();
      if (!this.#socket.writable) return;
      if (this.#socket.writableLength > 0) this.#watchUnread();
      this.#goOn();
    });
  }

  /** There is room again. */
  readonly #goOn = (): void => {
    this.pumpAll();
    this.#onRoom();
  };

  #countUnread(): void {
    const unread = this.#socket.destroyed ? 0 : this.#socket.writableLength;
    if (unread > this.#unreadBytes) this.meter.add(unread - this.#unreadBytes);
    else this.meter.release(this.#unreadBytes - unread);
    this.#unreadBytes = unread;
  }
}
