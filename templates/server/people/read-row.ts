import { JsonReader } from '../json/reader.ts';
import { isNested, Skipping } from '../json/skip-value.ts';
import { keepShape } from '../keep-shape.ts';
import { readElements } from '../open-inference/read-elements.ts';
import { describePorts, findInput, MAX_RANK } from '../open-inference/read-inputs.ts';
import { stepEnds } from '../reading-steps.ts';
import { badRequest } from '../request-error.ts';
import type { Port, Signature } from '../signature.ts';
import { goOn, type Steps, type Stepwise } from '../take-in-turns.ts';
import type { Elements } from '../tensor.ts';

/** One input's value in one row. */
export interface RowValue {
  /** Without the batch dimension, as the arrays in the text are nested. */
  readonly dims: readonly number[];
  readonly data: Elements;
}

const OPEN_ARRAY = 0x5b;

/** Reads a row of plain JSON: an object by input name. */
export class RowDraft {
  readonly #reader: JsonReader;
  readonly #signature: Signature;
  readonly #row = new Map<string, RowValue>();

  constructor(reader: JsonReader, signature: Signature) {
    this.#reader = reader;
    this.#signature = signature;
  }

  /**
   * Reads the member at which the reader stands, or begins to: gives what is left of it.
   *
   * @throws RequestError 400 that says which input, what was wanted and what was found
   */
  readMember(): Steps<void> | undefined {
    const reader = this.#reader;
    const port = findInput(reader.lastString(), this.#signature);
    if (this.#row.has(port.name)) throw badRequest(`input "${port.name}" is there twice`);
    const start = reader.position;
    const nesting = new Nesting(reader, port.name);
    if (!nesting.readOn()) return this.#goOn(nesting, { port, start });
    return this.#readValue(port, start, nesting.dims);
  }

  /** @throws RequestError 400 where an input is missing */
  finish(): ReadonlyMap<string, RowValue> {
    const missing = this.#signature.inputs.find(({ name }) => !this.#row.has(name));
    if (missing === undefined) return this.#row;
    throw badRequest(`input "${missing.name}" is missing; this model wants ${describePorts(this.#signature.inputs)}`);
  }

  *#goOn(nesting: Nesting, { port, start }: { readonly port: Port; readonly start: number }): Steps<void> {
    yield* goOn(nesting);
    const rest = this.#readValue(port, start, nesting.dims);
    if (rest) yield* rest;
  }

  #readValue(port: Port, start: number, dims: readonly number[]): Steps<void> | undefined {
    this.#reader.position = start;
    const { data, rest } = readElements(this.#reader, port, dims);
    this.#row.set(port.name, { dims, data });
    return rest;
  }
}

/** The shape of a value, by its first entries; that the others have it too is seen when they are read. */
class Nesting implements Stepwise {
  readonly dims: number[] = [];
  readonly #reader: JsonReader;
  /** Of the innermost array that is open. */
  #level: number;
  /** An entry on its way. */
  #skipping: Skipping | undefined;

  constructor(reader: JsonReader, input: string) {
    this.#reader = reader;
    let isEmpty = false;
    while (!isEmpty && reader.peek() === OPEN_ARRAY) {
      if (this.dims.length === MAX_RANK) throw badRequest(`input "${input}" is nested deeper than ${MAX_RANK} levels`);
      isEmpty = !reader.openArray('');
      this.dims.push(isEmpty ? 0 : 1);
    }
    // An empty one is closed already.
    this.#level = this.dims.length - (isEmpty ? 2 : 1);
    if (!isEmpty) this.#beginEntry();
  }

  readOn(): boolean {
    const reader = this.#reader;
    for (;;) {
      if (stepEnds(reader) || this.#skipping?.readOn() === false) return false;
      this.#skipping = undefined;
      while (this.#level >= 0 && !reader.nextElement()) this.#level--;
      if (this.#level < 0) return true;
      (this.dims[this.#level] as number)++;
      this.#beginEntry();
    }
  }

  #beginEntry(): void {
    if (isNested(this.#reader)) this.#skipping = new Skipping(this.#reader);
    else this.#reader.skipScalar();
  }
}

const NOTHING = new JsonReader(Buffer.from('[]'));
keepShape(new RowDraft(NOTHING, {} as Signature));
keepShape(new Nesting(NOTHING, ''));
