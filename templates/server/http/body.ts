import { type Coding, codingOf, decompress, LARGEST_RATIO } from '../content-coding.ts';
import { GrowingBuffer } from '../growing-buffer.ts';
import { holdWhile } from '../hold-while.ts';
import type { BodyMeter } from '../job.ts';
import type { TakenNumbers } from '../json/reader.ts';
import { keepShape } from '../keep-shape.ts';
import { letGo } from '../let-go.ts';
import { badRequest, RequestError } from '../request-error.ts';
import type { EarlyReader, RequestBody } from '../router.ts';
import type { RequestHead } from './exchange.ts';

/** Bodies up from here go into one buffer made for them, at once where their length is declared; below, joining their few pieces is cheaper. */
const PREALLOCATED_BYTES = 64 * 1024;

/** The widest element: tensors that begin at a multiple of it can be read where they lie. */
const ALIGNMENT_BYTES = 8;

/** What a request's headers say of its body. */
export interface BodyFacts {
  readonly declaredBytes: number;
  readonly coding: Coding | undefined;
  readonly jsonBytes: number | undefined;
}

/**
 * Holds a request's headers against what can be read at all, before any of the body is.
 *
 * @throws RequestError 400 or 415
 */
export function readBodyFacts({ headers, bodyBytes }: Pick<RequestHead, 'headers' | 'bodyBytes'>): BodyFacts {
  const type = headers['content-type'];
  // A missing type is let pass: small clients leave it out, and there is only one kind of body. Binary tensors come as
  // octet-stream, and some clients send all their requests so.
  if (type !== undefined && !READABLE_TYPE.test(type)) {
    throw new RequestError(
      415,
      `content-type is "${type}"; wanted application/json (curl: -H 'content-type: application/json')`,
    );
  }
  return {
    declaredBytes: bodyBytes,
    coding: codingOf(headers['content-encoding']),
    jsonBytes: jsonBytesOf(headers['inference-header-content-length']),
  };
}

const READABLE_TYPE = /^\s*application\/(?:(?:[\w.-]+\+)?json|octet-stream)\s*(?:;|$)/i;

function jsonBytesOf(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Number(header);
  throw badRequest(`Inference-Header-Content-Length is "${header}"; wanted the number of bytes of the JSON`);
}

export interface BodyLimits {
  readonly limitBytes: number;
  /** Told of every piece before it is kept, and given all back once `done` is over or the client has gone. */
  readonly meter: BodyMeter;
}

type Outcome = RequestBody | RequestError;

/** What becomes of a body. */
export interface BodyHandling {
  /** Called once, unless the client goes away half-way; where it takes long, gives what settles once the body is read. */
  readonly done: (outcome: Outcome) => Promise<void> | undefined;
  /** Makes what reads a large body of JSON while it comes in, in so many bytes; `undefined` where it is read in one go. */
  readonly readEarly?: ((roomBytes: number) => EarlyReader) | undefined;
}

/**
 * Collects a request's body, inflates it where it is compressed, and hands it on once. What comes after a limit is thrown away,
 * so that the client gets to see its answer instead of a broken connection. Nothing is handed on when the client goes away
 * half-way.
 */
export class BodyCollector {
  readonly #facts: BodyFacts;
  readonly #limits: BodyLimits;
  readonly #handling: BodyHandling;
  /** Counted at the meter. */
  #heldBytes = 0;
  #bytes = 0;
  /** Reads in place of keeping, as long as it can. */
  #early: EarlyReader | undefined;
  #taken: TakenNumbers | undefined;
  /** What pieces are laid into. */
  #whole: GrowingBuffer | undefined;
  /** Where there is no whole one to lay pieces into: the first, and those after it. */
  #first: Buffer | undefined;
  #others: Buffer[] | undefined;
  #copied: Buffer | undefined;
  #isLent = false;
  #isOver = false;

  /** @throws RequestError 413 or 429 where the declared length is too much */
  constructor(facts: BodyFacts, limits: BodyLimits, handling: BodyHandling) {
    this.#facts = facts;
    this.#limits = limits;
    this.#handling = handling;
    if (facts.declaredBytes > limits.limitBytes) throw tooLarge(limits.limitBytes);
    if (facts.declaredBytes >= PREALLOCATED_BYTES) this.#prepare(facts);
  }

  /** A lent piece is another's as soon as this returns, or `end` right after it. */
  add(piece: Buffer, isLent = false): void {
    if (this.#isOver) return;
    try {
      const { limitBytes } = this.#limits;
      if (this.#bytes + piece.length > limitBytes) throw tooLarge(limitBytes);
      this.#keep(piece, isLent);
    } catch (error) {
      this.#finish(asRefusal(error));
    }
  }

  /** All of it has come in. */
  end(): void {
    if (this.#isOver) return;
    const { coding, jsonBytes } = this.#facts;
    if (this.#early) this.#layDown(this.#early, this.#early.end());
    const bytes = this.#joined();
    if (coding === undefined) {
      const isAlone = this.#whole !== undefined;
      this.#finish({ bytes, jsonBytes, taken: this.#taken, isLent: this.#isLent, isAlone });
    } else {
      this.#isOver = true;
      void this.#inflate(bytes, coding).then((outcome) => this.#finish(outcome));
    }
  }

  /** The client has gone. */
  abandon(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#release();
  }

  #prepare({ declaredBytes, coding, jsonBytes }: BodyFacts): void {
    this.#hold(declaredBytes);
    const { readEarly } = this.#handling;
    if (readEarly !== undefined && coding === undefined && jsonBytes === undefined) {
      this.#early = readEarly(declaredBytes);
      return;
    }
    this.#whole = this.#roomFor(declaredBytes);
  }

  /** So laid that what follows the JSON is aligned. */
  #roomFor(expectedBytes: number): GrowingBuffer {
    const { coding, jsonBytes } = this.#facts;
    const shiftBytes = coding ? 0 : shiftBefore(jsonBytes);
    return new GrowingBuffer({ expectedBytes, limitBytes: this.#limits.limitBytes, shiftBytes });
  }

  #keep(piece: Buffer, isLent: boolean): void {
    if (this.#early) {
      const left = this.#early.take(piece);
      if (left !== undefined) this.#layDown(this.#early, left, piece.length);
      if (!isLent) this.#letLastGo(piece);
    } else if (this.#facts.declaredBytes === 0 && this.#bytes + piece.length >= PREALLOCATED_BYTES) {
      this.#hold(piece.length);
      this.#whole ??= this.#gathered();
      this.#layIn(this.#whole, piece, isLent);
    } else if (this.#whole) {
      this.#layIn(this.#whole, piece, isLent);
    } else {
      this.#hold(piece.length);
      this.#isLent = isLent && this.#isReadAtOnce(piece);
      const kept = isLent && !this.#isLent ? Buffer.from(piece) : piece;
      if (this.#first === undefined) this.#first = kept;
      else {
        this.#others ??= [this.#first];
        this.#others.push(kept);
      }
    }
    this.#bytes += piece.length;
  }

  #layIn(whole: GrowingBuffer, piece: Buffer, isLent: boolean): void {
    whole.add(piece);
    if (!isLent) this.#letLastGo(piece);
  }

  /** What has come of a body of unknown length, with room for more. */
  #gathered(): GrowingBuffer {
    const whole = this.#roomFor(2 * PREALLOCATED_BYTES);
    whole.add(this.#joined());
    this.#first = undefined;
    this.#others = undefined;
    return whole;
  }

  /** Ends the early reading: makes room for what it has left and for all that is still to come. */
  #layDown(early: EarlyReader, left: Buffer, pieceBytes = 0): void {
    const { head } = early;
    const toCome = this.#facts.declaredBytes - this.#bytes - pieceBytes;
    this.#whole = this.#roomFor(head.length + left.length + toCome);
    this.#whole.add(head);
    this.#whole.add(left);
    this.#taken = early.taken(left.length);
    this.#early = undefined;
  }

  /** Gives back the piece before this one, whose giver may still be at it. */
  #letLastGo(piece: Buffer): void {
    if (this.#copied) letGo(this.#copied);
    this.#copied = piece;
  }

  /** Whether all there is to come is here, and nothing of it is looked at later: binary tensors lie in the body until they are run. */
  #isReadAtOnce(piece: Buffer): boolean {
    const { declaredBytes, coding, jsonBytes } = this.#facts;
    return piece.length === declaredBytes && coding === undefined && jsonBytes === undefined;
  }

  #joined(): Buffer {
    if (this.#whole) return this.#whole.bytes;
    return this.#others ? Buffer.concat(this.#others, this.#bytes) : (this.#first ?? NOTHING);
  }

  async #inflate(bytes: Buffer, coding: Coding): Promise<Outcome> {
    try {
      const { limitBytes } = this.#limits;
      // Counted at the most that can come out, before it does.
      this.#hold(Math.min(limitBytes, bytes.length * LARGEST_RATIO));
      const { jsonBytes } = this.#facts;
      const inflated = await decompress(bytes, coding, limitBytes, shiftBefore(jsonBytes));
      this.#whole?.letGo();
      return { bytes: inflated, jsonBytes, isLent: false, isAlone: true };
    } catch (error) {
      return asRefusal(error);
    }
  }

  #finish(outcome: Outcome): void {
    this.#isOver = true;
    holdWhile(
      () => this.#handling.done(outcome),
      () => this.#release(),
    );
  }

  #hold(bytes: number): void {
    this.#limits.meter.hold(bytes);
    this.#heldBytes += bytes;
  }

  #release(): void {
    this.#limits.meter.release(this.#heldBytes);
    this.#heldBytes = 0;
    this.#early = undefined;
    this.#taken = undefined;
    this.#whole = undefined;
    this.#first = undefined;
    this.#others = undefined;
    this.#copied = undefined;
  }
}

const NOTHING = Buffer.alloc(0);

keepShape(
  new BodyCollector(
    { declaredBytes: 0, coding: undefined, jsonBytes: undefined },
    { limitBytes: 0, meter: { hold() {}, add() {}, release() {} } },
    { readEarly: undefined, done: () => undefined },
  ),
);

function asRefusal(error: unknown): RequestError {
  if (error instanceof RequestError) return error;
  throw error;
}

function tooLarge(limitBytes: number): RequestError {
  return new RequestError(413, `the body is larger than the ${limitBytes} bytes that this image takes`);
}

/** Bytes before a body that is so laid that what follows its JSON is aligned. */
function shiftBefore(jsonBytes: number | undefined): number {
  return jsonBytes ? (ALIGNMENT_BYTES - (jsonBytes % ALIGNMENT_BYTES)) % ALIGNMENT_BYTES : 0;
}
