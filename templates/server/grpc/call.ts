import { type Coding, compress, isCompressed } from '../content-coding.ts';
import type { Fields, Http2Stream } from '../http2/stream.ts';
import type { RunFacts } from '../job.ts';
import { logProblem } from '../log.ts';
import { RequestError } from '../request-error.ts';
import { PREFIX_BYTES } from './message-reader.ts';
import { encodeMessage, STATUS, statusOf } from './status.ts';

const HEAD: Fields = [
  [':status', '200'],
  ['content-type', 'application/grpc'],
];

/** Told to who has packed its messages, as the specification of compression wants it. */
const READ_CODINGS: Fields[number] = ['grpc-accept-encoding', 'identity,gzip,deflate'];

/** Bytes of answers that a client may leave unread before its next messages wait. */
const MOST_UNREAD_BYTES = 64 * 1024;

/** One call of a client: its answers go out here, whatever kind of method it is. */
export class Call {
  readonly #stream: Http2Stream;
  /** When the client gives up, on the clock of `performance.now()`; `null` where it set no time. */
  deadlineMs: number | null = null;
  /** How the client has packed its messages. */
  coding: Coding | undefined;
  /** How its answer may be packed. */
  answerCoding: Coding | undefined;
  /** What it has been answered with, or will be with the end of what is on its way. */
  status: number = STATUS.CANCELLED;
  /** Told how its requests were run. */
  onRun: ((facts: RunFacts) => void) | undefined;
  /** Called once when it is over. */
  onEnd: (() => void) | undefined;
  /** For a call that need not come to its end: called when the server stops, to end it. */
  onLeave: (() => void) | undefined;
  /** For a call of several requests: since when none has been under way, on the clock of `performance.now()`; `undefined` while one is. */
  quietSinceMs: number | undefined;
  /** For a call of several messages: whether one has begun to come in. */
  isMidway: (() => boolean) | undefined;
  /** And whether some that have come in wait until they are inflated. */
  isInflating: (() => boolean) | undefined;
  /** For a call of several requests: has it take no more of them, and end with the answer to the last. */
  stop: (() => void) | undefined;
  #responded = false;
  #over = false;
  #isPaused = false;

  constructor(stream: Http2Stream) {
    this.#stream = stream;
  }

  /** One object for all calls of a connection. */
  get connection(): object {
    return this.#stream.connection;
  }

  /** False once the client has gone, or has its answer. */
  isWaiting(): boolean {
    return !this.#over;
  }

  /** The only message of an answer, and its end. Nobody looks at the pieces any more once `onSent` is called. */
  reply(pieces: readonly Uint8Array[], onSent?: () => void): void {
    if (this.#over) return;
    if (this.answerCoding === undefined || !isCompressed(bytesOf(pieces))) this.#answer(pieces, 0, onSent);
    else {
      const joined = Buffer.concat(pieces);
      onSent?.();
      compress(joined, this.answerCoding).then(
        (packed) => this.#answer([packed], 1),
        (error: unknown) => this.fail(error),
      );
    }
  }

  /** One of several messages; `onSent` as with `reply`. */
  send(pieces: readonly Uint8Array[], onSent?: () => void): void {
    if (this.#over) return;
    this.#write(pieces, 0, onSent);
    if (this.#stream.queuedBytes > MOST_UNREAD_BYTES) this.#stream.pause();
  }

  /** The end of several messages. */
  finish(): void {
    if (this.#over) return;
    this.#respond();
    this.#end(STATUS.OK);
    this.#stream.end('ok');
  }

  /** The end of the call: a status instead of an answer, or after some. */
  fail(error: unknown): void {
    if (this.#over) return;
    const known = error instanceof RequestError;
    // A defect of this program: the log gets all of it, the client nothing that it could use.
    if (!known) logProblem(error instanceof Error ? (error.stack ?? error.message) : String(error));
    else if (error.status >= 500 && !QUIET.has(error.status)) logProblem(error.message);
    this.#end(known ? statusOf(error) : STATUS.INTERNAL);
    const trailers: Fields[number][] = [
      ['grpc-status', String(this.status)],
      ['grpc-message', encodeMessage(known ? error.message : 'internal error')],
    ];
    const isUnread = known && error.status === 415;
    if (!this.#responded && (isUnread || this.coding !== undefined)) trailers.push(READ_CODINGS);
    const retryAfter = known ? error.headers['retry-after'] : undefined;
    if (retryAfter !== undefined) {
      trailers.push(['retry-after', retryAfter]);
      // What clients with a retry policy go by (gRPC's proposal A6).
      trailers.push(['grpc-retry-pushback-ms', String(1000 * Number(retryAfter))]);
    }
    if (this.#responded) this.#stream.end(trailers);
    else this.#stream.refuse([...HEAD, ...trailers]);
  }

  /** Whether the client's next messages wait: until `resume`, or until it has read what was sent. */
  get isPaused(): boolean {
    return this.#stream.isPaused;
  }

  /** The client's next messages wait until `resume`. */
  pause(): void {
    this.#isPaused = true;
    this.#stream.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.drained();
  }

  /** The client has read what was sent. */
  drained(): void {
    if (!this.#isPaused && this.#stream.queuedBytes <= MOST_UNREAD_BYTES) this.#stream.resume();
  }

  /** The stream is over; `isAnswered` where that was by its answer's last frame. */
  close(isAnswered: boolean): void {
    if (!isAnswered) this.status = STATUS.CANCELLED;
    this.#over = true;
    this.onEnd?.();
  }

  #answer(pieces: readonly Uint8Array[], compressed: 0 | 1, onSent?: () => void): void {
    if (this.#over) return;
    this.#write(pieces, compressed, onSent);
    this.#end(STATUS.OK);
    this.#stream.end('ok');
  }

  #write(pieces: readonly Uint8Array[], compressed: 0 | 1, onSent?: () => void): void {
    this.#respond();
    const length = bytesOf(pieces);
    const prefix = Buffer.allocUnsafe(PREFIX_BYTES);
    prefix[0] = compressed;
    prefix.writeUInt32BE(length, 1);
    this.#stream.write([prefix, ...pieces], PREFIX_BYTES + length, onSent);
  }

  #respond(): void {
    if (this.#responded) return;
    this.#responded = true;
    const { coding, answerCoding } = this;
    const packing: Fields = answerCoding === undefined ? [] : [['grpc-encoding', answerCoding]];
    this.#stream.open(coding === undefined ? undefined : [...HEAD, READ_CODINGS, ...packing]);
  }

  #end(status: number): void {
    this.#over = true;
    this.status = status;
  }
}

/** Answers of the server that are no news to it. */
const QUIET: ReadonlySet<number> = new Set([501, 503, 504]);

function bytesOf(pieces: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const piece of pieces) bytes += piece.length;
  return bytes;
}
