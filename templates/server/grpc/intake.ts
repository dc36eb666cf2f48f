import { holdWhile } from '../hold-while.ts';
import type { Receiver } from '../http2/stream.ts';
import { badRequest, RequestError } from '../request-error.ts';
import type { Call } from './call.ts';
import { type MessageLimits, MessageReader, PREFIX_BYTES } from './message-reader.ts';
import { type Conversation, type Method, SHORT_MESSAGE_BYTES } from './methods.ts';

export interface IntakeOptions {
  readonly limits: MessageLimits;
  /** Longest time from a message's beginning to its last byte. */
  readonly messageMs: number;
}

/** The messages of one call on their way in. */
export class Intake implements Receiver {
  readonly #call: Call;
  readonly #method: Method;
  readonly #options: IntakeOptions;
  readonly #limits: MessageLimits;
  /** Where a message comes otherwise than alone and whole. */
  #messages: MessageReader | undefined;
  readonly #conversation: Conversation | undefined;
  /** Since when a message has been waited for; 0 where none is due. */
  #dueSinceMs: number;
  /** Messages that are being inflated, so that the next ones do not overtake them. */
  #inflating: Promise<void> | undefined;
  #inflatingCount = 0;
  /** Messages that are being read. */
  #readingCount = 0;
  #complete = false;

  constructor(call: Call, method: Method, options: IntakeOptions) {
    this.#call = call;
    this.#method = method;
    this.#options = options;
    this.#limits = method.takesTensors ? options.limits : { ...options.limits, limitBytes: SHORT_MESSAGE_BYTES };
    this.#dueSinceMs = method.kind === 'unary' ? performance.now() : 0;
    this.#conversation = method.kind === 'stream' ? method.open(call) : undefined;
    if (this.#conversation) {
      call.isMidway = () => this.#messages?.isHalfWay === true;
      call.isInflating = () => this.#inflatingCount > 0;
    }
  }

  take(piece: Buffer): number | undefined {
    // A second message of a call that has only one is nothing to anybody.
    if (this.#complete || !this.#call.isWaiting()) return undefined;
    try {
      // Tensors may lie in the message until they are run.
      if (this.#messages === undefined && this.#isWhole(piece)) {
        this.#deliver(Buffer.from(piece.subarray(PREFIX_BYTES)), false);
      } else {
        const taken = this.#reader.push(piece, {
          done: (message, compressed) => this.#deliver(message, compressed),
          isPaused: () => this.#isPaused,
        });
        this.#noteDue();
        return taken;
      }
    } catch (error) {
      this.#fail(error);
    }
    return undefined;
  }

  end(): void {
    if (!this.#call.isWaiting()) return;
    try {
      if (this.#messages?.isHalfWay) throw badRequest('the call ended in the middle of a message');
      if (this.#method.kind === 'unary') {
        if (!this.#complete) throw badRequest('the call ended without a message');
      } else if (this.#inflating) this.#inflating.then(() => this.#conversation?.end());
      else this.#conversation?.end();
    } catch (error) {
      this.#fail(error);
    }
  }

  close(isAnswered: boolean): void {
    this.#drop();
    this.#call.close(isAnswered);
  }

  drained(): void {
    this.#call.drained();
  }

  checkTime(nowMs: number): void {
    if (this.#dueSinceMs === 0 || nowMs - this.#dueSinceMs <= this.#options.messageMs) return;
    if (this.#call.isWaiting()) this.#fail(new RequestError(408, 'the message took too long to arrive'));
  }

  /** The common case: the piece is one whole message. */
  #isWhole(piece: Buffer): boolean {
    const length = piece.length - PREFIX_BYTES;
    return length >= 0 && piece[0] === 0 && piece.readUInt32BE(1) === length && length <= this.#limits.limitBytes;
  }

  /** Whether the next messages of several wait: for the call, or for those that are being inflated, which know only then whether there is room. */
  get #isPaused(): boolean {
    return this.#conversation !== undefined && (this.#call.isPaused || this.#inflatingCount > 0);
  }

  get #reader(): MessageReader {
    this.#messages ??= new MessageReader(this.#limits, this.#call.coding);
    return this.#messages;
  }

  #deliver(message: Buffer, compressed: boolean): void {
    if (this.#complete) return;
    if (this.#method.kind === 'unary') {
      this.#complete = true;
      this.#dueSinceMs = 0;
    }
    if (!compressed && this.#inflating === undefined) {
      this.#accept(message);
      return;
    }
    const before = this.#inflating ?? Promise.resolve();
    this.#inflatingCount++;
    const work = before.then(async () => {
      if (!this.#call.isWaiting()) return;
      const bytes = compressed ? await this.#reader.inflate(message) : message;
      this.#inflatingCount--;
      if (this.#call.isWaiting()) this.#accept(bytes);
      else this.#drop();
      // Those that came in meanwhile.
      this.#call.drained();
    });
    this.#inflating = work.catch((error: unknown) => this.#fail(error));
  }

  #accept(message: Buffer): void {
    this.#readingCount++;
    const taker = this.#method.kind === 'unary' ? this.#method : this.#conversation;
    holdWhile(
      () => taker?.accept(message, this.#call),
      () => this.#release(),
    );
  }

  /** A message has been read. */
  #release(): void {
    if (--this.#readingCount === 0) this.#messages?.release();
  }

  /** Those that are being read are there until they no longer are. */
  #drop(): void {
    this.#messages?.drop();
    if (this.#readingCount === 0) this.#messages?.release();
  }

  #fail(error: unknown): void {
    this.#call.fail(error);
    this.#drop();
  }

  /** Sees to it that a message that has begun, or has to come, comes to its end. */
  #noteDue(): void {
    const isDue = !this.#complete && (this.#method.kind === 'unary' || this.#messages?.isHalfWay === true);
    if (!isDue) this.#dueSinceMs = 0;
    else if (this.#dueSinceMs === 0) this.#dueSinceMs = performance.now();
  }
}
