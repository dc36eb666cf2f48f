import type { JsonReader } from '../json/reader.ts';
import { badRequest } from '../request-error.ts';

const KEYS = ['inputs', 'outputs', 'id', 'name', 'shape', 'datatype', 'data', 'parameters'] as const;
type Key = (typeof KEYS)[number];

/** Refuses a member that comes twice: parsers differ on which of the two counts. */
export class Members {
  #seen = 0;

  add(key: Key): void {
    const bit = 1 << KEYS.indexOf(key);
    if (this.#seen & bit) throw badRequest(`bad JSON: the member "${key}" is there twice in one object`);
    this.#seen |= bit;
  }
}

/** Whether the member that the reader stands at is `key`. */
export function isKey(reader: JsonReader, key: Key): boolean {
  return reader.lastIs(key);
}
