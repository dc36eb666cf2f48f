import { makeField } from './field.ts';
import { FieldTable } from './field-table.ts';
import { decodeHuffman } from './huffman.ts';
import { CODE, ConnectionError } from './protocol.ts';
import type { RequestHead } from './request-head.ts';

/** Numbers beyond this mean nothing here: no table and no text is that long. A fourth byte of seven bits ends them. */
const MOST_SHIFT = 21;

/** Changes of the table's size that may stand at the beginning of a block (RFC 7541, section 4.2). */
const MOST_RESIZES = 2;

const NOTHING = Buffer.alloc(0);

/** Decodes the blocks of a connection's heads, in their order (RFC 7541). */
export class HeadDecoder {
  readonly #table = new FieldTable();
  #block: Buffer = NOTHING;
  #position = 0;

  /** @throws ConnectionError where the block is broken, and with it all that would come after it */
  decode(block: Buffer, head: Pick<RequestHead, 'add'>): void {
    this.#block = block;
    this.#position = 0;
    try {
      this.#decodeBlock(block, head);
    } finally {
      // It lies in what a whole read has brought, which an idle connection must not keep.
      this.#block = NOTHING;
    }
  }

  #decodeBlock(block: Buffer, head: Pick<RequestHead, 'add'>): void {
    let resizes = 0;
    while (this.#position < block.length) {
      const first = block[this.#position] as number;
      if (first >= 0x80) head.add(this.#table.at(this.#number(0x7f)));
      else if (first >= 0x40) {
        const field = this.#literal(0x3f);
        this.#table.add(field);
        head.add(field);
      } else if (first >= 0x20) {
        if (resizes++ >= MOST_RESIZES) throw broken('the size of the table changes too often');
        this.#table.setLimit(this.#number(0x1f));
        continue;
      } else head.add(this.#literal(0x0f));
      resizes = MOST_RESIZES;
    }
  }

  #literal(mask: number) {
    const index = this.#number(mask);
    const name = index === 0 ? this.#text() : this.#table.at(index).name;
    return makeField(name, this.#text());
  }

  #text(): string {
    if (this.#position >= this.#block.length) throw broken('a text is missing');
    const isPacked = (this.#block[this.#position] as number) >= 0x80;
    const bytes = this.#number(0x7f);
    const start = this.#position;
    const end = start + bytes;
    if (end > this.#block.length) throw broken(`a text of ${bytes} bytes does not fit`);
    this.#position = end;
    return isPacked ? decodeHuffman(this.#block, start, end) : this.#block.toString('latin1', start, end);
  }

  /** A number that begins in the bits of the mask (RFC 7541, section 5.1). */
  #number(mask: number): number {
    let value = (this.#block[this.#position++] as number) & mask;
    if (value < mask) return value;
    for (let shift = 0; shift <= MOST_SHIFT; shift += 7) {
      const byte = this.#block[this.#position++];
      if (byte === undefined) break;
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw broken('a number does not end');
  }
}

function broken(what: string): ConnectionError {
  return new ConnectionError(CODE.compression, what);
}
