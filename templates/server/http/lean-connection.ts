import type { Socket } from 'node:net';
import type { LentReads } from '../lent-reads.ts';
import { letGo } from '../let-go.ts';
import { isTurnOver } from '../take-in-turns.ts';
import type { BodyCollector } from './body.ts';
import type { Connection } from './connections.ts';
import type { Reply } from './exchange.ts';
import { type ExchangeHost, LeanExchange } from './lean-exchange.ts';
import { PlainHeads } from './plain-heads.ts';
import { putBack } from './put-back.ts';
import { refuseLate } from './refuse-connection.ts';
import { KEEP_ALIVE_MS, renderHead } from './render-head.ts';
import type { PlainHead } from './request-head.ts';
import { type ServeOptions, serveRequest } from './serve-request.ts';

export interface LeanOptions {
  readonly serve: ServeOptions;
  /** Where the socket hands its reads in where they lie; else it is a stream like any other. */
  readonly lent: LentReads | undefined;
  readonly headerBytes: number;
  readonly headersMs: number;
  readonly requestMs: number;
  readonly silenceMs: number;
  /** Takes a connection over whose next request is not plain; the request's bytes stand in the socket again. */
  readonly passOn: (socket: Socket) => void;
}

/** Requests of one connection that are under way at once; further ones wait in its socket. */
const MOST_OPEN = 32;

/** Bytes that wait to be read by the client before its connection is not read any more. */
const MOST_UNREAD_BYTES = 64 * 1024;

/** Answers up to here are sent in one piece: copying them is quicker than handing the kernel several. */
const JOINED_BYTES = 16 * 1024;

/** What is kept is copied up to here, and does not hold on to the buffer of a whole read. */
const COPIED_BYTES = 4096;

const NOTHING = Buffer.alloc(0);
const NO_BODY = { body: '', spent: undefined };

/**
 * Reads the plain requests that practically all clients send, at half of what Node's own HTTP server takes for one. Whatever is not plain
 * goes to that server, with the connection, for good: a head that comes in pieces or has anything in it on which readers of HTTP
 * could differ, a body of chunks, a client that waits for leave.
 */
export class LeanConnection implements ExchangeHost {
  readonly socket: Socket;
  readonly #connection: Connection;
  readonly #options: LeanOptions;
  readonly #heads: PlainHeads;
  /** What has come in and is not yet read. */
  #rest: Buffer | undefined;
  /** Requests that wait for their answer, in the order of their arrival. */
  #open: LeanExchange[] = [];
  #collector: BodyCollector | undefined;
  /** Bytes of a body that are still to come, and since when. */
  #missing = 0;
  #missingSinceMs = 0;
  /** When something last came in or went out. */
  #lastMs = performance.now();
  #hasServed = false;
  #isReading = false;
  /** Whether what is being read came in together with something before it. */
  #isSequel = false;
  /** Whether what is being read is overwritten by the next read, of this connection or another. */
  #isLent = false;
  #isFlushing = false;
  /** Whether it goes on in the next turn of the loop. */
  #isGoingOn = false;
  /** Whether the next request is for another reader, once those before it are answered. */
  #isLeaving = false;
  /** Whether the last answer has been given. */
  #isEnding = false;

  constructor(socket: Socket, connection: Connection, options: LeanOptions) {
    this.socket = socket;
    this.#connection = connection;
    this.#options = options;
    this.#heads = new PlainHeads(options.headerBytes);
    socket.setTimeout(options.silenceMs);
    if (options.lent) {
      options.lent.take = this.#onLent;
      socket.resume();
    } else socket.on('data', this.#onData);
    socket.on('timeout', this.#onTimeout);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onClose);
    // What is wrong shows by the connection's end.
    socket.on('error', () => {});
  }

  /** Ends the connection where its client is late, or has had nothing to ask for long. */
  closeIfLate(nowMs: number): void {
    const { headersMs, requestMs } = this.#options;
    if (this.#missing > 0) {
      if (nowMs - this.#missingSinceMs > requestMs) this.#refuseLate();
    } else if (this.#open.length > 0 || this.#isEnding) return;
    else if (this.#rest !== undefined || !this.#hasServed) {
      if (nowMs - this.#lastMs > headersMs) this.#refuseLate();
    } else if (nowMs - this.#lastMs > KEEP_ALIVE_MS) this.socket.destroySoon();
  }

  /** Whether answers still reach the client. */
  get isWaiting(): boolean {
    return this.socket.writable && !this.#isEnding;
  }

  /** An exchange of this connection has its answer, which goes out when its turn has come. */
  answered(exchange: LeanExchange): void {
    if (this.#isFlushing) return;
    if (!this.#isReading && this.#open.length === 1 && this.#open[0] === exchange) {
      this.#flush();
      return;
    }
    // What is answered in one go goes out together, and not before it is known whether more has come in.
    this.#isFlushing = true;
    process.nextTick(() => {
      this.#isFlushing = false;
      this.#flush();
    });
  }

  readonly #onLent = (chunk: Buffer): void => {
    this.#isLent = this.#rest === undefined;
    this.#onData(chunk);
    this.#isLent = false;
  };

  readonly #onData = (chunk: Buffer): void => {
    if (this.#isEnding) return;
    this.#lastMs = performance.now();
    const rest = this.#rest;
    if (rest === undefined) this.#read(chunk);
    else {
      this.#rest = undefined;
      this.#read(Buffer.concat([rest, chunk]));
    }
  };

  /** `isSequel` where these came in together with what has been read before. */
  #read(bytes: Buffer, isSequel = false): void {
    this.#isReading = true;
    this.#isSequel = isSequel;
    let position: number | undefined = 0;
    while (position !== undefined && position < bytes.length) {
      position = this.#readOn(bytes, position);
      this.#isSequel = true;
    }
    this.#isReading = false;
  }

  /** Takes what stands at `position`; gives where it ends, `undefined` where the rest has been kept for later. */
  #readOn(bytes: Buffer, position: number): number | undefined {
    if (this.#missing > 0) return this.#takeBody(bytes, position);
    if (this.#isLeaving || this.#isFull) {
      this.#keep(bytes.subarray(position));
      return undefined;
    }
    // One read brings a thousand requests of few bytes, and many more of them may come in a turn.
    if (position > 0 && isTurnOver()) {
      this.#goOnLater();
      this.#keep(bytes.subarray(position));
      return undefined;
    }
    const head = this.#heads.find(bytes, position);
    if (typeof head === 'object') {
      this.#begin(head);
      return position + head.bytes.length;
    }
    // The last of several requests may be cut off where the read ended.
    if (head === 'unfinished' && this.#isSequel) this.#keep(bytes.subarray(position));
    else this.#leave(bytes.subarray(position));
    return undefined;
  }

  #begin(head: PlainHead): void {
    const exchange = new LeanExchange(this, head, this.#lastMs);
    this.#hasServed = true;
    this.#connection.begin();
    this.#open.push(exchange);
    this.#missing = head.bodyBytes;
    this.#missingSinceMs = this.#lastMs;
    this.#collector = serveRequest(exchange, this.#options.serve);
    if (this.#missing === 0) this.#endBody();
  }

  /** Hands on what is there of the body; gives where it ends. */
  #takeBody(bytes: Buffer, position: number): number {
    const end = Math.min(bytes.length, position + this.#missing);
    this.#missing -= end - position;
    this.#collector?.add(bytes.subarray(position, end), this.#isLent);
    if (this.#missing === 0) this.#endBody();
    return end;
  }

  #endBody(): void {
    const collector = this.#collector;
    this.#collector = undefined;
    collector?.end();
  }

  /** Whether further requests have to wait, for good where the server stops. */
  get #isFull(): boolean {
    const { isStopping } = this.#connection;
    return isStopping || this.#open.length >= MOST_OPEN || this.socket.writableLength > MOST_UNREAD_BYTES;
  }

  #keep(bytes: Buffer): void {
    // A body that lies before it takes its buffer along when it is let go, and what is lent is the next read's.
    this.#rest = this.#isLent || bytes.length < COPIED_BYTES ? Buffer.from(bytes) : bytes;
    if (this.#isHeld) this.socket.pause();
  }

  /** Whether what else comes in is left in the socket: it would only be joined to what is kept, again and again. */
  get #isHeld(): boolean {
    return this.#isLeaving || this.#isGoingOn || this.#isFull;
  }

  /** Goes on with what has been kept, if there is room for it now. */
  #goOn(): void {
    const rest = this.#rest;
    if (rest === undefined || this.#isEnding || this.socket.destroyed) return;
    if (this.#isLeaving) {
      if (this.#open.length === 0) this.#passOn(rest);
      return;
    }
    if (this.#isFull) return;
    this.#rest = undefined;
    this.#read(rest, true);
    if (this.#rest === undefined || !this.#isHeld) this.socket.resume();
  }

  /** The same in another turn of the loop, so that other connections have theirs. */
  #goOnLater(): void {
    if (this.#isGoingOn) return;
    this.#isGoingOn = true;
    setImmediate(() => {
      this.#isGoingOn = false;
      this.#goOn();
    });
  }

  /** Hands the connection to the other reader, now or when all that came before is answered. */
  #leave(bytes: Buffer): void {
    this.#isLeaving = true;
    this.#keep(bytes);
    this.#goOn();
  }

  #passOn(bytes: Buffer): void {
    const { socket } = this;
    this.#onClose();
    if (this.#options.lent) this.#options.lent.take = undefined;
    socket.off('data', this.#onData);
    socket.off('timeout', this.#onTimeout);
    socket.off('end', this.#onEnd);
    socket.off('close', this.#onClose);
    this.#isEnding = true;
    // Not before this read is over: over TLS the rest of it would overtake what is put back here.
    setImmediate(() => {
      if (socket.destroyed) return;
      socket.setTimeout(0);
      putBack(socket, bytes);
      this.#options.passOn(socket);
      socket.resume();
    });
  }

  /** Sends the answers whose turn has come. */
  #flush(): void {
    const open = this.#open;
    let text = '';
    let isAscii = true;
    let count = 0;
    for (let reply = open[count]?.reply; reply !== undefined && !this.#isEnding; reply = open[count]?.reply) {
      count++;
      // Nothing that is under way behind it is to be lost.
      const isRestRead = this.#rest === undefined || this.#connection.isStopping;
      const isLast = reply.isLast && count === open.length && isRestRead && this.#missing === 0;
      const { body } = reply;
      text += renderHead(reply, isLast);
      if (typeof body === 'string' && body.length <= JOINED_BYTES) {
        text += body;
        if (body.length !== reply.bytes) isAscii = false;
      } else {
        this.#write(text, reply);
        text = '';
      }
      this.#isEnding = isLast;
    }
    if (count === 0) return;
    if (count === open.length) open.length = 0;
    else open.splice(0, count);
    this.#connection.end(count);
    if (text !== '') this.#write(text, NO_BODY, isAscii ? 'latin1' : 'utf8');
    if (this.#isEnding) this.socket.end();
    else if (this.#rest !== undefined) this.#goOnLater();
  }

  /** In ASCII the two encodings are the same, and this one is less work. */
  #write(text: string, { body, spent }: Pick<Reply, 'body' | 'spent'>, encoding: 'latin1' | 'utf8' = 'utf8'): void {
    const { socket } = this;
    if (!socket.writable) return;
    this.#lastMs = performance.now();
    if (body === '') socket.write(text, encoding);
    else {
      socket.cork();
      socket.write(text);
      if (typeof body === 'string') socket.write(body);
      else for (const piece of body) socket.write(piece);
      // Only then the system has taken all of it; an answer that breaks off is left to V8.
      if (spent !== undefined) socket.write(NOTHING, (error) => error ?? spent.forEach(letGo));
      socket.uncork();
    }
    const unread = socket.writableLength;
    if (unread > 0) this.#holdUnread(unread);
  }

  /** Counts what the client is slow to read, until it has. */
  #holdUnread(bytes: number): void {
    const { meter } = this.#options.serve.body;
    meter.add(bytes);
    this.socket.write(NOTHING, () => {
      meter.release(bytes);
      this.#goOn();
    });
  }

  #refuseLate(): void {
    this.#collector?.abandon();
    this.#collector = undefined;
    const isAnswered = this.#missing > 0 && this.#open.length === 0;
    if (isAnswered) this.socket.destroySoon();
    else if (this.#open.length > 1 || !this.isWaiting) this.socket.destroy();
    else {
      this.#isEnding = true;
      refuseLate(this.socket);
    }
  }

  readonly #onTimeout = (): void => {
    this.socket.destroy();
  };

  /** A client that ends its side has gone, as most who do so have. */
  readonly #onEnd = (): void => {
    this.socket.end();
  };

  readonly #onClose = (): void => {
    this.#collector?.abandon();
    this.#collector = undefined;
    this.#rest = undefined;
    this.#connection.end(this.#open.length);
    this.#open = [];
  };
}
