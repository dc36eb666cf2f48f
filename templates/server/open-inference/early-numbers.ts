import { NOT_A_NUMBER, readNumber } from '../json/number.ts';
import { LONGEST_PLAIN_BYTES, readPlainNumbers } from '../json/plain-numbers.ts';
import { JsonReader, type TakenNumbers } from '../json/reader.ts';
import type { RequestLimits } from '../limits.ts';
import type { Signature } from '../signature.ts';
import { elementCount } from '../tensor.ts';
import { findFloats } from './find-floats.ts';

/** Of the next piece, what numbers that were cut off at the end of the last one are put together with. */
const JOINT_BYTES = 4 * LONGEST_PLAIN_BYTES;

/** Most bytes of a number that are kept until the next piece, white space before it included. */
const MOST_CUT_BYTES = 1024;

const COMMA = 0x2c;
const NOTHING = Buffer.alloc(0);

/**
 * Reads the numbers of a request's first input while its body comes in, so that neither their text is ever held nor the processor idle. What
 * it does not know goes on as text: the rest of the array from the first element that is not a finite number on, and all of a body that does
 * not begin with one input's name, datatype and shape before flat data.
 */
export class EarlyNumbers {
  readonly #signature: Signature;
  readonly #limits: RequestLimits;
  readonly #mostBytes: number;
  #head: Buffer = NOTHING;
  #values: Float32Array | Float64Array | undefined;
  #count = 0;
  /** All bytes that have come in. */
  #bytes = 0;
  /** The beginning of a number, or of several, at the end of the last piece. */
  #cut: Buffer = NOTHING;
  #isOver = false;

  /** Takes no more than `mostBytes` for the numbers. */
  constructor(signature: Signature, limits: RequestLimits, mostBytes: number) {
    this.#signature = signature;
    this.#limits = limits;
    this.#mostBytes = mostBytes;
  }

  /** Reads a piece, which is another's once this returns; gives what it leaves, with which it is over, or `undefined` where it goes on. */
  take(piece: Buffer): Buffer | undefined {
    this.#bytes += piece.length;
    let position = 0;
    if (this.#values === undefined) {
      const at = this.#begin(piece);
      if (at === undefined) return piece;
      position = at;
    } else if (this.#cut.length > 0) {
      const cut = this.#cut;
      const joint = Buffer.concat([cut, piece.subarray(0, JOINT_BYTES)]);
      const at = this.#read(joint, 0);
      position = at - cut.length;
      if (position < 0) return this.#leave(joint.subarray(at), piece.subarray(JOINT_BYTES));
      this.#cut = NOTHING;
    }
    if (!this.#isOver) position = this.#read(piece, position);
    return this.#leave(piece.subarray(position), NOTHING);
  }

  /** Gives what is left of a body that has ended. */
  end(): Buffer {
    return this.#cut;
  }

  /** The text before the numbers. */
  get head(): Buffer {
    return this.#head;
  }

  /** What has been read of a body of which so many bytes are left; `undefined` for nothing. */
  taken(leftBytes: number): TakenNumbers | undefined {
    if (this.#values === undefined) return undefined;
    const at = this.#head.length;
    return { at, textBytes: this.#bytes - leftBytes - at, values: this.#values, count: this.#count };
  }

  /** Looks for the numbers; gives where they begin. */
  #begin(piece: Buffer): number | undefined {
    const found = findFloats(new JsonReader(piece, this.#limits), this.#signature);
    if (found === undefined) return undefined;
    const { port, dims, at } = found;
    const count = elementCount(dims);
    const values = port.type === 'float' ? Float32Array : Float64Array;
    if (count * values.BYTES_PER_ELEMENT > this.#mostBytes) return undefined;
    this.#values = new values(count);
    this.#head = Buffer.from(piece.subarray(0, at));
    return at;
  }

  /** Reads on from `position`; gives where what it has left begins, which is a number or white space before one. */
  #read(bytes: Buffer, position: number): number {
    const values = this.#values as Float32Array | Float64Array;
    const reader = new JsonReader(bytes, this.#limits);
    reader.position = position;
    for (;;) {
      this.#count = readPlainNumbers(reader, values, { from: this.#count, end: values.length });
      if (this.#count === values.length) this.#isOver = true;
      if (this.#isOver || reader.position > bytes.length - LONGEST_PLAIN_BYTES) return reader.position;
      const start = reader.position;
      if (!this.#readOne(reader, values)) {
        reader.position = start;
        return start;
      }
    }
  }

  /** Reads a number of another kind and the comma behind it; gives whether that was possible. */
  #readOne(reader: JsonReader, values: Float32Array | Float64Array): boolean {
    const { bytes } = reader;
    reader.peek();
    const single = values instanceof Float32Array;
    const value = readNumber(reader, single);
    // Without the end of it in sight it may be longer.
    if (reader.position >= bytes.length) return false;
    const next = reader.peek();
    if (next === COMMA && value !== NOT_A_NUMBER && Number.isFinite(single ? Math.fround(value) : value)) {
      reader.position++;
      values[this.#count++] = value;
      return true;
    }
    this.#isOver = reader.position < bytes.length;
    return false;
  }

  /** Keeps a short rest until the next piece comes; a long one is not a number cut off. */
  #leave(rest: Buffer, behind: Buffer): Buffer | undefined {
    if (this.#isOver || behind.length > 0 || rest.length > MOST_CUT_BYTES) {
      return behind.length > 0 ? Buffer.concat([rest, behind]) : rest;
    }
    this.#cut = Buffer.from(rest);
    return undefined;
  }
}
