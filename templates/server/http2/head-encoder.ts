import { DEFAULT_TABLE_BYTES } from './protocol.ts';

/** Fields that nearly every answer has: sent once, and as one byte from then on. */
const KEPT = [
  ['content-type', 'application/grpc'],
  ['grpc-status', '0'],
] as const;

/** The first index of the moving table (RFC 7541, section 2.3.3). */
const FIRST_MOVING = 62;

const STATUS_200 = 0x88;
const INDEXED = 0x80;
const LITERAL_KEPT = 0x40;
const LITERAL = 0x00;
const RESIZE_TO_NOTHING = 0x20;

/** Largest number that a text's length has room for in its first byte. */
const SHORT = 0x7f;

/**
 * Encodes the heads of a connection's answers. The moving table holds at most the kept fields, and nothing where the client has none as
 * large as the default.
 */
export class HeadEncoder {
  /** The kept fields that have been sent, the newest last. */
  readonly #sent: number[] = [];
  #keeps = true;
  #mustResize = false;
  /** Blocks that are the same for as long as the table is. */
  #openBlock: Buffer | undefined;
  #okBlock: Buffer | undefined;

  /** The client has said how large a table it has room for. */
  setTableSize(bytes: number): void {
    if (bytes >= DEFAULT_TABLE_BYTES || !this.#keeps) return;
    this.#keeps = false;
    this.#mustResize = true;
    this.#openBlock = undefined;
    this.#okBlock = undefined;
  }

  /** A block; `:status` stands first, and each value is ASCII. */
  encode(fields: readonly (readonly [name: string, value: string])[]): Buffer {
    const bytes: number[] = [];
    if (this.#mustResize) bytes.push(RESIZE_TO_NOTHING);
    this.#mustResize = false;
    for (const [name, value] of fields) {
      if (name === ':status' && value === '200') bytes.push(STATUS_200);
      else this.#encodeField(bytes, name, value);
    }
    return Buffer.from(bytes);
  }

  /** Of an answer of messages that are not packed. */
  get openBlock(): Buffer {
    if (this.#openBlock !== undefined) return this.#openBlock;
    const block = this.encode([[':status', '200'], KEPT[0]]);
    this.#openBlock = this.#isSettled(0) ? this.encode([[':status', '200'], KEPT[0]]) : undefined;
    return block;
  }

  /** Of trailers that say that all went well. */
  get okBlock(): Buffer {
    if (this.#okBlock !== undefined) return this.#okBlock;
    const block = this.encode([KEPT[1]]);
    // What was sent first moves when the second one comes.
    this.#openBlock = undefined;
    this.#okBlock = this.#isSettled(1) ? this.encode([KEPT[1]]) : undefined;
    return block;
  }

  /** Whether the field is encoded from now on as it is now. */
  #isSettled(kept: number): boolean {
    return !this.#keeps || (this.#sent.includes(kept) && this.#sent.length === KEPT.length);
  }

  #encodeField(bytes: number[], name: string, value: string): void {
    const kept = this.#keeps ? KEPT.findIndex((field) => field[0] === name && field[1] === value) : -1;
    const place = this.#sent.indexOf(kept);
    if (kept >= 0 && place >= 0) {
      bytes.push(INDEXED | (FIRST_MOVING + this.#sent.length - 1 - place));
      return;
    }
    if (kept >= 0) this.#sent.push(kept);
    bytes.push(kept >= 0 ? LITERAL_KEPT : LITERAL);
    pushText(bytes, name);
    pushText(bytes, value);
  }
}

/** A text as it is, without Huffman's code: its bytes are few, and decoding would cost the client. */
function pushText(bytes: number[], text: string): void {
  if (text.length < SHORT) bytes.push(text.length);
  else {
    bytes.push(SHORT);
    let rest = text.length - SHORT;
    for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
    bytes.push(rest);
  }
  for (let index = 0; index < text.length; index++) bytes.push(text.charCodeAt(index) & 0xff);
}
