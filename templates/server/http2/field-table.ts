import { type Field, makeField } from './field.ts';
import { CODE, ConnectionError, DEFAULT_TABLE_BYTES } from './protocol.ts';
import { STATIC_FIELDS } from './static-table.ts';

const FIXED: readonly Field[] = STATIC_FIELDS.map(([name, value = '']) => makeField(name, value));

/** Most fields of the moving table: an empty one weighs 32 bytes. A power of two. */
const CAPACITY = DEFAULT_TABLE_BYTES / 32;

/** HPACK's tables as a decoder has them: the fixed one, and behind it the one that moves, newest first (RFC 7541, section 2.3). */
export class FieldTable {
  readonly #fields: Field[] = [];
  #newest = 0;
  #count = 0;
  #bytes = 0;
  #limitBytes = DEFAULT_TABLE_BYTES;

  /** @throws ConnectionError where nothing stands at that index */
  at(index: number): Field {
    const fixed = FIXED[index - 1];
    if (fixed !== undefined) return fixed;
    const place = index - FIXED.length - 1;
    if (index === 0 || place >= this.#count) {
      throw new ConnectionError(CODE.compression, `index ${index} is beyond the table`);
    }
    return this.#fields[(this.#newest - place) & (CAPACITY - 1)] as Field;
  }

  add(field: Field): void {
    this.#shrink(this.#limitBytes - field.bytes);
    // One that is larger than the table leaves it empty.
    if (field.bytes > this.#limitBytes) return;
    this.#newest = (this.#newest + 1) & (CAPACITY - 1);
    this.#fields[this.#newest] = field;
    this.#count++;
    this.#bytes += field.bytes;
  }

  /** @throws ConnectionError where that is more than was allowed */
  setLimit(bytes: number): void {
    if (bytes > DEFAULT_TABLE_BYTES) {
      throw new ConnectionError(CODE.compression, `a table of ${bytes} bytes is larger than ${DEFAULT_TABLE_BYTES}`);
    }
    this.#limitBytes = bytes;
    this.#shrink(bytes);
  }

  #shrink(bytes: number): void {
    while (this.#count > 0 && this.#bytes > bytes) {
      this.#count--;
      this.#bytes -= (this.#fields[(this.#newest - this.#count) & (CAPACITY - 1)] as Field).bytes;
    }
  }
}
