import { FLAG, FRAME, LARGEST_WINDOW_BYTES } from './protocol.ts';
import type { Sender, Waiting } from './sender.ts';

/** What is made of a request's body. */
export interface Receiver {
  /**
   * What is kept of the piece has to be copied: its buffer is the next read's. Gives how many bytes it has taken, where it has paused
   * amid them: it gets the rest again once it resumes.
   */
  take(piece: Buffer): number | undefined;
  /** All of it has come in. */
  end(): void;
  /** The stream is over: `isAnswered` tells whether by the last frame of its answer. Nothing is sent on it any more. */
  close(isAnswered: boolean): void;
  /** The client has read all that was sent so far, after it was slow to. */
  drained(): void;
  /** Asked now and then; what is late is up to the receiver. */
  checkTime(nowMs: number): void;
}

export type Fields = readonly (readonly [name: string, value: string])[];

/** What a stream needs of its connection. */
export interface StreamHost {
  /** Address of the client. */
  readonly client: string | undefined;
  readonly sender: Sender;
  /** So many bytes of a body have been taken: the client may send as many more. */
  consumed(stream: Http2Stream, bytes: number): void;
  /** The stream has ended on both sides. */
  over(stream: Http2Stream): void;
  reset(stream: Http2Stream, code: number): void;
}

/** Bytes that a client may send on one stream before they are acknowledged: at 64 KiB a large tensor would wait for every round trip. */
export const WINDOW_BYTES = 2 ** 20;

const NOTHING = Buffer.alloc(0);

/** One request and its answer. */
export class Http2Stream implements Waiting {
  readonly id: number;
  /** Bytes of data that the client takes, and that it may send. */
  sendWindow: number;
  receiveWindow = WINDOW_BYTES;
  /** Of those received, what has not been acknowledged. */
  unacknowledged = 0;
  /** Bytes of the body so far, and as the head has announced them. */
  bodyBytes = 0;
  readonly announcedBytes: number | undefined;
  hasRemoteEnded = false;
  hasLocalEnded = false;
  isReset = false;
  /** Since when it waits for the client: to read on, or to end its body after the answer. */
  waitsSinceMs = 0;
  readonly #host: StreamHost;
  #receiver: Receiver | undefined;
  /** Answer that is still to be sent: pieces, how far the first of them has gone, and bytes in all. */
  #queue: Uint8Array[] = [];
  #sentOfFirst = 0;
  #queuedBytes = 0;
  /** Called when all of the queue has gone. */
  #onSent: (() => void)[] = [];
  #trailers: Fields | 'ok' | undefined;
  /** Body that is kept while the receiver pauses. */
  #kept: Buffer[] | undefined;
  #keptBytes = 0;
  #isEndKept = false;
  #isHandingOut = false;

  constructor(id: number, host: StreamHost, announcedBytes: number | undefined) {
    this.id = id;
    this.#host = host;
    this.announcedBytes = announcedBytes;
    this.sendWindow = host.sender.streamWindow;
  }

  get connection(): object {
    return this.#host;
  }

  get client(): string | undefined {
    return this.#host.client;
  }

  /** Whether the body that comes in is kept for later. */
  get isPaused(): boolean {
    return this.#kept !== undefined;
  }

  /** Bytes of the answer that wait for the client. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** What becomes of the body; `undefined` once nobody wants it. */
  get receiver(): Receiver | undefined {
    return this.#receiver;
  }

  get mostBodyBytes(): number {
    return this.announcedBytes ?? Number.POSITIVE_INFINITY;
  }

  receive(receiver: Receiver | undefined): void {
    if (this.hasLocalEnded || this.isReset) receiver?.close(this.hasLocalEnded);
    else this.#receiver = receiver;
  }

  /** Sends the head of an answer that has a body; without fields, gRPC's usual one. */
  open(fields?: Fields): void {
    const { sender } = this.#host;
    sender.sendHead(this.id, fields === undefined ? sender.encoder.openBlock : sender.encoder.encode(fields), false);
  }

  /** Sends an answer that is its head alone. */
  refuse(fields: Fields): void {
    const { sender } = this.#host;
    sender.sendHead(this.id, sender.encoder.encode(fields), true);
    this.#endLocal();
  }

  /**
   * Sends a part of the body, `bytes` long in all: at once where there is room, else as the client makes some. `onSent` is called when nobody
   * looks at the pieces any more.
   */
  write(pieces: readonly Uint8Array[], bytes: number, onSent?: () => void): void {
    const { sender } = this.#host;
    if (this.#queuedBytes === 0 && bytes <= this.#room && !sender.isFull) {
      const outbox = sender.beginData(this.id, bytes);
      this.sendWindow -= bytes;
      for (const piece of pieces) outbox.raw(piece);
      onSent?.();
      return;
    }
    for (const piece of pieces) if (piece.length > 0) this.#queue.push(piece);
    this.#queuedBytes += bytes;
    if (onSent !== undefined) this.#onSent.push(onSent);
    sender.meter.add(bytes);
    this.waitsSinceMs = performance.now();
    this.pump();
  }

  /** Ends the answer: with no trailers, with some, or with gRPC's usual ones. */
  end(trailers: Fields | 'ok'): void {
    this.#trailers = trailers;
    if (this.#queuedBytes === 0) this.#sendTrailers(trailers);
  }

  pump(): void {
    const { sender } = this.#host;
    while (this.#queuedBytes > 0) {
      const count = Math.min(this.#queuedBytes, this.#room);
      if (count <= 0 || sender.isFull) {
        sender.wait(this);
        return;
      }
      this.#sendQueued(count);
    }
    this.#tellSent();
    if (this.#trailers !== undefined) this.#sendTrailers(this.#trailers);
    else this.#receiver?.drained();
  }

  /** @returns false where that would be wider than there is */
  widen(bytes: number): boolean {
    this.sendWindow += bytes;
    if (this.sendWindow > LARGEST_WINDOW_BYTES) return false;
    if (this.#queuedBytes > 0) this.pump();
    return true;
  }

  take(piece: Buffer): void {
    const rest = this.#kept === undefined ? this.#hand(piece) : piece;
    if (rest !== undefined) this.#keep(Buffer.from(rest));
  }

  endBody(): void {
    this.hasRemoteEnded = true;
    if (this.#kept === undefined) this.#receiver?.end();
    else this.#isEndKept = true;
    if (this.hasLocalEnded) this.#host.over(this);
  }

  pause(): void {
    this.#kept ??= [];
  }

  resume(): void {
    // Asked by who takes a piece: those that are being handed out go on, and the end comes after them.
    if (this.#isHandingOut) {
      this.#kept = undefined;
      return;
    }
    const kept = this.#kept ?? [];
    this.#kept = undefined;
    this.#isHandingOut = true;
    try {
      this.#handOut(kept);
    } finally {
      this.#isHandingOut = false;
    }
    if (this.isReset || !this.#isEndKept || this.#kept !== undefined) return;
    this.#isEndKept = false;
    this.#receiver?.end();
  }

  reset(code: number): void {
    if (!this.isReset) this.#host.reset(this, code);
  }

  /** Nothing goes in or out any more. */
  close(): void {
    this.isReset = true;
    const { sender } = this.#host;
    sender.forget(this);
    sender.meter.release(this.#queuedBytes);
    this.#giveBack(this.#keptBytes);
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#tellSent();
    this.#kept = undefined;
    const receiver = this.#receiver;
    this.#receiver = undefined;
    receiver?.close(false);
  }

  /** Bytes that a frame of data may have now. */
  get #room(): number {
    const { window, frameBytes } = this.#host.sender;
    return Math.min(window, this.sendWindow, frameBytes);
  }

  #sendQueued(count: number): void {
    const { sender } = this.#host;
    const outbox = sender.beginData(this.id, count);
    this.sendWindow -= count;
    this.#queuedBytes -= count;
    this.waitsSinceMs = performance.now();
    sender.meter.release(count);
    for (let left = count; left > 0; ) {
      const first = this.#queue[0] as Uint8Array;
      const part = first.subarray(this.#sentOfFirst, this.#sentOfFirst + left);
      outbox.raw(part);
      left -= part.length;
      this.#sentOfFirst += part.length;
      if (this.#sentOfFirst < first.length) break;
      this.#queue.shift();
      this.#sentOfFirst = 0;
    }
  }

  #tellSent(): void {
    const told = this.#onSent;
    if (told.length === 0) return;
    this.#onSent = [];
    for (const tell of told) tell();
  }

  #sendTrailers(trailers: Fields | 'ok'): void {
    const { sender } = this.#host;
    if (trailers === 'ok') sender.sendHead(this.id, sender.encoder.okBlock, true);
    else if (trailers.length > 0) sender.sendHead(this.id, sender.encoder.encode(trailers), true);
    else sender.send(FRAME.data, FLAG.endStream, this.id, NOTHING);
    this.#endLocal();
  }

  #endLocal(): void {
    this.hasLocalEnded = true;
    this.#host.sender.guard.forget();
    const receiver = this.#receiver;
    this.#receiver = undefined;
    receiver?.close(true);
    // What is kept of the body is for nobody.
    if (this.#kept !== undefined) this.resume();
    if (this.hasRemoteEnded) this.#host.over(this);
    else this.waitsSinceMs = performance.now();
  }

  /** Pieces that were kept, as far as they are taken: whoever takes one may find that it is enough again. */
  #handOut(pieces: readonly Buffer[]): void {
    for (const [index, piece] of pieces.entries()) {
      if (this.isReset) return;
      this.#giveBack(piece.length);
      const rest = this.#hand(piece);
      if (rest !== undefined) this.#keep(rest);
      if (this.#kept === undefined) continue;
      (this.#kept as Buffer[]).push(...pieces.slice(index + 1));
      return;
    }
  }

  /** Gives what of the piece has not been taken, if anything is left. */
  #hand(piece: Buffer): Buffer | undefined {
    const taken = this.#receiver?.take(piece) ?? piece.length;
    this.#host.consumed(this, taken);
    return taken < piece.length ? piece.subarray(taken) : undefined;
  }

  #keep(piece: Buffer): void {
    this.#kept ??= [];
    this.#kept.push(piece);
    this.#keptBytes += piece.length;
    this.#host.sender.meter.add(piece.length);
  }

  #giveBack(bytes: number): void {
    this.#keptBytes -= bytes;
    this.#host.sender.meter.release(bytes);
  }
}
