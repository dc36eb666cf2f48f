import { type PlainHead, readLikeHead, readPlainHead } from './request-head.ts';

const HEAD_END = Buffer.from('\r\n\r\n');

/** Finds the plain heads of one connection, most of which are the same as the one before. */
export class PlainHeads {
  readonly #headerBytes: number;
  #last: PlainHead | undefined;

  /** Longer heads than that are not plain. */
  constructor(headerBytes: number) {
    this.#headerBytes = headerBytes;
  }

  /** The head that begins at `position`; else whether its end is not there yet, or something about it is not plain. */
  find(bytes: Buffer, position: number): PlainHead | 'unfinished' | 'not plain' {
    const last = this.#last;
    if (last !== undefined) {
      if (startsWith(bytes, position, last.bytes)) return last;
      const like = readLikeHead(last, bytes, position);
      if (like !== undefined && like.bytes.length <= this.#headerBytes) {
        this.#last = like;
        return like;
      }
    }
    const found = bytes.indexOf(HEAD_END, position);
    const end = found < 0 ? bytes.length : found + HEAD_END.length;
    if (end - position > this.#headerBytes) return 'not plain';
    if (found < 0) return 'unfinished';
    const head = readPlainHead(Buffer.from(bytes.subarray(position, end)));
    if (head === undefined) return 'not plain';
    this.#last = head;
    return head;
  }
}

function startsWith(bytes: Buffer, position: number, wanted: Buffer): boolean {
  const end = position + wanted.length;
  return end <= bytes.length && wanted.compare(bytes, position, end) === 0;
}
