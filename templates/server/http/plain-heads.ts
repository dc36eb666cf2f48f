import { type PlainHead, readLikeHead, readPlainHead } from './request-head.ts';

const HEAD_END = Buffer.from('\r\n\r\n');

/** A head is kept up to here; thousands of idle connections with the longest ones would take memory that nobody has planned. */
const KEPT_BYTES = 2048;

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
      if (like !== undefined && like.bytes.length <= this.#headerBytes) return this.#keep(like);
    }
    const found = bytes.indexOf(HEAD_END, position);
    const end = found < 0 ? bytes.length : found + HEAD_END.length;
    if (end - position > this.#headerBytes) return 'not plain';
    if (found < 0) return 'unfinished';
    const head = readPlainHead(Buffer.from(bytes.subarray(position, end)));
    return head === undefined ? 'not plain' : this.#keep(head);
  }

  #keep(head: PlainHead): PlainHead {
    this.#last = head.bytes.length <= KEPT_BYTES ? head : undefined;
    return head;
  }
}

function startsWith(bytes: Buffer, position: number, wanted: Buffer): boolean {
  const end = position + wanted.length;
  return end <= bytes.length && wanted.compare(bytes, position, end) === 0;
}
