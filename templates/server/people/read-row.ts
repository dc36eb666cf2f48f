import type { JsonReader } from '../json/reader.ts';
import { readElements } from '../open-inference/read-elements.ts';
import { describePorts, findInput, MAX_RANK } from '../open-inference/read-inputs.ts';
import { badRequest } from '../request-error.ts';
import type { Signature } from '../signature.ts';
import type { Elements } from '../tensor.ts';

/** One input's value in one row. */
export interface RowValue {
  /** Without the batch dimension, as the arrays in the text are nested. */
  readonly dims: readonly number[];
  readonly data: Elements;
}

const OPEN_ARRAY = 0x5b;

/** Reads rows of plain JSON: objects by input name. */
export class RowReader {
  readonly #reader: JsonReader;
  readonly #signature: Signature;

  constructor(reader: JsonReader, signature: Signature) {
    this.#reader = reader;
    this.#signature = signature;
  }

  /** @throws RequestError 400 that says which input, what was wanted and what was found */
  read(what: string): ReadonlyMap<string, RowValue> {
    const reader = this.#reader;
    const row = new Map<string, RowValue>();
    for (let more = reader.openObject(what); more; more = reader.nextMember()) {
      const port = findInput(reader.lastString(), this.#signature);
      if (row.has(port.name)) throw badRequest(`input "${port.name}" is there twice`);
      const start = reader.position;
      const dims = nesting(reader, port.name, 0);
      reader.position = start;
      const data = readElements(reader, { input: port.name, type: port.type }, dims);
      row.set(port.name, { dims, data });
    }
    const missing = this.#signature.inputs.find((port) => !row.has(port.name));
    if (missing === undefined) return row;
    throw badRequest(`input "${missing.name}" is missing; this model wants ${describePorts(this.#signature.inputs)}`);
  }
}

/** The shape that the value here has, by its first entries; that the others have it too is seen when they are read. */
function nesting(reader: JsonReader, input: string, depth: number): number[] {
  if (reader.peek() !== OPEN_ARRAY) {
    reader.skipValue();
    return [];
  }
  if (depth === MAX_RANK) throw badRequest(`input "${input}" is nested deeper than ${MAX_RANK} levels`);
  let inner: number[] = [];
  let count = 0;
  for (let more = reader.openArray(''); more; more = reader.nextElement()) {
    if (count++ === 0) inner = nesting(reader, input, depth + 1);
    else reader.skipValue();
  }
  return [count, ...inner];
}
