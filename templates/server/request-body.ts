import type { IncomingMessage } from 'node:http';
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

/**
 * Collects a request's body and hands it on once. What comes after the limit is read and thrown away, so that the client
 * gets to see its answer instead of a broken connection. Nothing is handed on when the client goes away half-way.
 */
export function collectBody(
  request: IncomingMessage,
  limitBytes: number,
  done: (outcome: Buffer | RequestError) => void,
): void {
  const declared = Number(request.headers['content-length'] ?? 0);
  const whole = declared >= PREALLOCATED_BYTES ? Buffer.allocUnsafe(declared) : undefined;
  let pieces: Buffer[] = [];
  let bytes = 0;
  let refused = false;
  request.on('data', (piece: Buffer) => {
    if (refused) return;
    if (bytes + piece.length > limitBytes) {
      refused = true;
      pieces = [];
      done(tooLarge(limitBytes));
      return;
    }
    if (whole) piece.copy(whole, bytes);
    else pieces.push(piece);
    bytes += piece.length;
  });
  request.on('end', () => {
    if (refused) return;
    const only = pieces.length === 1 ? pieces[0] : undefined;
    done(whole ?? only ?? Buffer.concat(pieces, bytes));
  });
}

function tooLarge(limitBytes: number): RequestError {
  return new RequestError(413, `the body is larger than the ${limitBytes} bytes that this image takes`);
}
