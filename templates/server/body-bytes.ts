import type { Answer } from './router.ts';

/** Bytes of an answer's body on the wire. */
export function bodyBytes(body: Answer['body']): number {
  if (typeof body === 'string') return Buffer.byteLength(body);
  let bytes = 0;
  for (const piece of body) bytes += piece.length;
  return bytes;
}
