import type { IncomingMessage } from 'node:http';
import { type Coding, codingOf, decompress, LARGEST_RATIO } from './content-coding.ts';
import type { BodyMeter } from './job.ts';
import { letGo } from './let-go.ts';
import { badRequest, RequestError } from './request-error.ts';
import type { RequestBody } from './router.ts';

/** Bodies of a declared length up from here go into one buffer made for them; below, joining their few pieces is cheaper. */
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
 * @throws RequestError 400, 413 or 415
 */
export function readBodyFacts(request: IncomingMessage, limitBytes: number): BodyFacts {
  const { headers } = request;
  const type = headers['content-type'];
  // A missing type is let pass: small clients leave it out, and there is only one kind of body. Binary tensors come as
  // octet-stream, and some clients send all their requests so.
  if (type !== undefined && !READABLE_TYPE.test(type)) {
    throw new RequestError(
      415,
      `content-type is "${type}"; wanted application/json (curl: -H 'content-type: application/json')`,
    );
  }
  const coding = codingOf(headers['content-encoding']);
  const declaredBytes = Number(headers['content-length'] ?? 0);
  if (declaredBytes > limitBytes) throw tooLarge(limitBytes);
  return { declaredBytes, coding, jsonBytes: jsonBytesOf(headers['inference-header-content-length']) };
}

const READABLE_TYPE = /^\s*application\/(?:(?:[\w.-]+\+)?json|octet-stream)\s*(?:;|$)/i;

function jsonBytesOf(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^\d{1,15}$/.test(header)) return Number(header);
  throw badRequest(`Inference-Header-Content-Length is "${header}"; wanted the number of bytes of the JSON`);
}

export interface BodyLimits {
  readonly limitBytes: number;
  /** Told of every piece before it is kept, and given all back once `done` has returned or the client has gone. */
  readonly meter: BodyMeter;
}

type Outcome = RequestBody | RequestError;

/**
 * Collects a request's body, inflates it where it is compressed, and hands it on once. What comes after a limit is read and
 * thrown away, so that the client gets to see its answer instead of a broken connection. Nothing is handed on when the client
 * goes away half-way.
 */
export function collectBody(
  request: IncomingMessage,
  { facts, limits }: { readonly facts: BodyFacts; readonly limits: BodyLimits },
  done: (outcome: Outcome) => void,
): void {
  const hold = new Hold(limits.meter);
  const pieces = new Pieces(facts, hold);
  let over = false;
  const finish = (outcome: Outcome): void => {
    over = true;
    try {
      done(outcome);
    } finally {
      hold.release();
    }
  };
  request.on('data', (piece: Buffer) => {
    if (over) return;
    try {
      if (pieces.bytes + piece.length > limits.limitBytes) throw tooLarge(limits.limitBytes);
      pieces.add(piece);
    } catch (error) {
      finish(asRefusal(error));
    }
  });
  request.on('end', () => {
    if (over) return;
    over = true;
    const bytes = pieces.join();
    if (facts.coding === undefined) finish({ bytes, jsonBytes: facts.jsonBytes });
    else inflateBody(bytes, { facts, limits, hold }).then(finish);
  });
  request.on('close', () => {
    if (over) return;
    over = true;
    hold.release();
  });
}

interface InflateFacts {
  readonly facts: BodyFacts;
  readonly limits: BodyLimits;
  readonly hold: Hold;
}

async function inflateBody(bytes: Buffer, { facts, limits, hold }: InflateFacts): Promise<Outcome> {
  try {
    // Counted at the most that can come out, before it does.
    hold.add(Math.min(limits.limitBytes, bytes.length * LARGEST_RATIO));
    const inflated = await decompress(bytes, facts.coding as Coding, limits.limitBytes);
    return { bytes: inflated, jsonBytes: facts.jsonBytes };
  } catch (error) {
    return asRefusal(error);
  }
}

function asRefusal(error: unknown): RequestError {
  if (error instanceof RequestError) return error;
  throw error;
}

/** What one body has counted at the meter. */
class Hold {
  readonly #meter: BodyMeter;
  #bytes = 0;

  constructor(meter: BodyMeter) {
    this.#meter = meter;
  }

  add(bytes: number): void {
    this.#meter.hold(bytes);
    this.#bytes += bytes;
  }

  release(): void {
    this.#meter.release(this.#bytes);
    this.#bytes = 0;
  }
}

/** The bytes of one body while they come in. */
class Pieces {
  bytes = 0;
  readonly #hold: Hold;
  readonly #whole: Buffer | undefined;
  readonly #pieces: Buffer[] = [];
  #copied: Buffer | undefined;

  constructor({ declaredBytes, coding, jsonBytes }: BodyFacts, hold: Hold) {
    this.#hold = hold;
    if (declaredBytes < PREALLOCATED_BYTES) return;
    hold.add(declaredBytes);
    // So laid that what follows the JSON is aligned.
    const shift = coding || !jsonBytes ? 0 : (ALIGNMENT_BYTES - (jsonBytes % ALIGNMENT_BYTES)) % ALIGNMENT_BYTES;
    this.#whole = Buffer.allocUnsafeSlow(declaredBytes + shift).subarray(shift);
  }

  add(piece: Buffer): void {
    if (this.#whole) {
      piece.copy(this.#whole, this.bytes);
      this.#letCopiedGo(piece);
    } else {
      this.#hold.add(piece.length);
      this.#pieces.push(piece);
    }
    this.bytes += piece.length;
  }

  /** Not the last one: who handed it in may still be at it. */
  #letCopiedGo(next?: Buffer): void {
    if (this.#copied) letGo(this.#copied);
    this.#copied = next;
  }

  join(): Buffer {
    this.#letCopiedGo();
    const only = this.#pieces.length === 1 ? this.#pieces[0] : undefined;
    return this.#whole ?? only ?? Buffer.concat(this.#pieces, this.bytes);
  }
}

function tooLarge(limitBytes: number): RequestError {
  return new RequestError(413, `the body is larger than the ${limitBytes} bytes that this image takes`);
}
