import { constants, type ServerHttp2Stream } from 'node:http2';
import { type Coding, compress, LEAST_COMPRESSED_BYTES } from '../content-coding.ts';
import { logProblem } from '../log.ts';
import { RequestError } from '../request-error.ts';
import { PREFIX_BYTES } from './message-reader.ts';
import { encodeMessage, STATUS, statusOf } from './status.ts';

const OPEN = { waitForTrailers: true };
const OK_TRAILERS = { 'grpc-status': '0' };
const HEADERS = { ':status': 200, 'content-type': 'application/grpc' };

/** One call of a client: its answers go out here, whatever kind of method it is. */
export class Call {
  readonly stream: ServerHttp2Stream;
  /** One object for all calls of a connection. */
  readonly connection: object;
  /** When the client gives up, on the clock of `performance.now()`; `null` where it set no time. */
  deadlineMs: number | null = null;
  /** How the client has packed its messages. */
  coding: Coding | undefined;
  #timer: NodeJS.Timeout | undefined;
  #trailers: Readonly<Record<string, string>> = OK_TRAILERS;
  #responded = false;
  #over = false;

  constructor(stream: ServerHttp2Stream) {
    this.stream = stream;
    this.connection = stream.session ?? stream;
    stream.once('close', () => this.#end());
  }

  /**
   * Sets the time that the client gives.
   *
   * @throws RequestError 400 for what is no `grpc-timeout`
   */
  setDeadline(header: string | string[] | undefined): void {
    const timeoutMs = parseTimeout(header);
    if (timeoutMs === null) return;
    this.deadlineMs = performance.now() + timeoutMs;
    this.#timer = setTimeout(() => this.fail(new RequestError(504, 'the deadline has passed')), timeoutMs);
    this.#timer.unref();
  }

  /** False once the client has gone, or has its answer. */
  isWaiting(): boolean {
    return !this.#over;
  }

  /** The only message of an answer, and its end. */
  reply(pieces: readonly Uint8Array[]): void {
    this.#frame(pieces, (framed) => {
      this.#write(framed, true);
      this.#end();
    });
  }

  /** One of several messages; false where the client should read before there are more. */
  send(pieces: readonly Uint8Array[]): boolean {
    return this.#over || this.#write(frame(pieces, 0), false);
  }

  /** The end of several messages. */
  finish(): void {
    if (this.#over) return;
    this.#respond();
    this.stream.end();
    this.#end();
  }

  /** The end of the call: a status instead of an answer, or after some. */
  fail(error: unknown): void {
    if (this.#over) return;
    const known = error instanceof RequestError;
    // A defect of this program: the log gets all of it, the client nothing that it could use.
    if (!known) logProblem(error instanceof Error ? (error.stack ?? error.message) : String(error));
    else if (error.status >= 500 && !QUIET.has(error.status)) logProblem(error.message);
    this.#trailers = {
      'grpc-status': String(known ? statusOf(error) : STATUS.INTERNAL),
      'grpc-message': encodeMessage(known ? error.message : 'internal error'),
      ...(known && error.status === 415 && { 'grpc-accept-encoding': 'identity,gzip,deflate' }),
      ...(known && error.headers['retry-after'] && { 'retry-after': error.headers['retry-after'] }),
    };
    if (this.#responded) this.stream.end();
    else this.stream.respond({ ...HEADERS, ...this.#trailers }, { endStream: true });
    this.#end();
    discardRest(this.stream);
  }

  #frame(pieces: readonly Uint8Array[], done: (framed: readonly Uint8Array[]) => void): void {
    if (this.#over) return;
    // Clients say of every call which codings they read; one that has packed its own request wants the answer so.
    if (this.coding === undefined || bytesOf(pieces) < LEAST_COMPRESSED_BYTES) done(frame(pieces, 0));
    else {
      compress(Buffer.concat(pieces), this.coding).then(
        (packed) => done(frame([packed], 1)),
        (error: unknown) => this.fail(error),
      );
    }
  }

  #write(framed: readonly Uint8Array[], last: boolean): boolean {
    if (this.#over) return true;
    this.#respond();
    let drained = true;
    for (const [index, piece] of framed.entries()) {
      if (last && index === framed.length - 1) this.stream.end(piece);
      else drained = this.stream.write(piece);
    }
    return drained;
  }

  #respond(): void {
    if (this.#responded) return;
    this.#responded = true;
    this.stream.respond(this.coding === undefined ? HEADERS : { ...HEADERS, 'grpc-encoding': this.coding }, OPEN);
    this.stream.on('wantTrailers', () => this.stream.sendTrailers(this.#trailers));
  }

  #end(): void {
    this.#over = true;
    clearTimeout(this.#timer);
  }
}

/** Answers of the server that are no news to it. */
const QUIET: ReadonlySet<number> = new Set([501, 503, 504]);

/** What a client sends on after its call has ended; more than this, and the stream is cut. */
const DISCARDED_BYTES = 2 ** 20;

/** A client that is still sending may not see the answer if its stream is cut at once. */
function discardRest(stream: ServerHttp2Stream): void {
  let discarded = 0;
  stream.removeAllListeners('data');
  stream.on('data', (piece: Buffer) => {
    discarded += piece.length;
    if (discarded > DISCARDED_BYTES) stream.close(constants.NGHTTP2_NO_ERROR);
  });
}

function bytesOf(pieces: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const piece of pieces) bytes += piece.length;
  return bytes;
}

/** Pieces below this go out as one: a frame each would cost more than the copy. */
const JOINED_BYTES = 16 * 1024;

function frame(pieces: readonly Uint8Array[], compressed: 0 | 1): readonly Uint8Array[] {
  const length = bytesOf(pieces);
  const prefix = Buffer.allocUnsafe(PREFIX_BYTES);
  prefix[0] = compressed;
  prefix.writeUInt32BE(length, 1);
  return length < JOINED_BYTES ? [Buffer.concat([prefix, ...pieces], PREFIX_BYTES + length)] : [prefix, ...pieces];
}

const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** Longest that a timer runs; a client that waits longer waits without one. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** @throws RequestError 400 for what is no `grpc-timeout` */
function parseTimeout(header: string | string[] | undefined): number | null {
  if (header === undefined) return null;
  const match = typeof header === 'string' ? /^(\d{1,8})([HMSmun])$/.exec(header) : null;
  if (!match) throw new RequestError(400, `grpc-timeout is "${header}"; wanted at most eight digits and a unit`);
  const timeoutMs = Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? 0);
  return timeoutMs > LONGEST_TIMER_MS ? null : timeoutMs;
}
