import type { IncomingMessage } from 'node:http';
import type { BodyMeter } from './job.ts';
import { RequestError } from './request-error.ts';

/** Bodies of a declared length up from here go into one buffer made for them; below, joining their few pieces is cheaper. */
const PREALLOCATED_BYTES = 64 * 1024;

/**
 * Holds a request's headers against what can be read at all, before any of the body is.
 *
 * @throws RequestError 413 or 415
 */
export function assertReadable(request: IncomingMessage, limitBytes: number): void {
  const { headers } = request;
  const type = headers['content-type'];
  // A missing type is let pass: small clients leave it out, and there is only one kind of body.
  if (type !== undefined && !JSON_TYPE.test(type)) {
    throw new RequestError(
      415,
      `content-type is "${type}"; wanted application/json (curl: -H 'content-type: application/json')`,
    );
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new RequestError(415, `content-encoding is "${encoding}"; wanted the body as it is`);
  }
  if (Number(headers['content-length'] ?? 0) > limitBytes) throw tooLarge(limitBytes);
}

const JSON_TYPE = /^\s*application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;

export interface BodyLimits {
  readonly limitBytes: number;
  /** Told of every piece before it is kept, and given all back once `done` has returned or the client has gone. */
  readonly meter: BodyMeter;
}

/**
 * Collects a request's body and hands it on once. What comes after a limit is read and thrown away, so that the client
 * gets to see its answer instead of a broken connection. Nothing is handed on when the client goes away half-way.
 */
export function collectBody(
  request: IncomingMessage,
  { limitBytes, meter }: BodyLimits,
  done: (outcome: Buffer | RequestError) => void,
): void {
  const declared = Number(request.headers['content-length'] ?? 0);
  let whole: Buffer | undefined;
  let pieces: Buffer[] = [];
  let bytes = 0;
  let held = 0;
  let over = false;
  const hold = (more: number): void => {
    meter.hold(more);
    held += more;
  };
  const finish = (outcome: Buffer | RequestError): void => {
    over = true;
    pieces = [];
    try {
      done(outcome);
    } finally {
      meter.release(held);
      held = 0;
    }
  };
  if (declared >= PREALLOCATED_BYTES) {
    hold(declared);
    whole = Buffer.allocUnsafe(declared);
  }
  request.on('data', (piece: Buffer) => {
    if (over) return;
    try {
      if (bytes + piece.length > limitBytes) throw tooLarge(limitBytes);
      if (whole) piece.copy(whole, bytes);
      else {
        hold(piece.length);
        pieces.push(piece);
      }
      bytes += piece.length;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      finish(error);
    }
  });
  request.on('end', () => {
    if (over) return;
    const only = pieces.length === 1 ? pieces[0] : undefined;
    finish(whole ?? only ?? Buffer.concat(pieces, bytes));
  });
  request.on('close', () => {
    if (over) return;
    over = true;
    meter.release(held);
  });
}

function tooLarge(limitBytes: number): RequestError {
  return new RequestError(413, `the body is larger than the ${limitBytes} bytes that this image takes`);
}
