import type { JsonReader } from '../json/reader.ts';
import { badRequest, RequestError } from '../request-error.ts';
import type { Signature } from '../signature.ts';
import type { Steps } from '../take-in-turns.ts';
import { noTensors, type Tensors } from '../tensor.ts';
import { joinRows } from './join-rows.ts';
import { RowDraft, type RowValue } from './read-row.ts';

/** Most rows of one body; more of them are for the protocol, whose tensors cost less. */
const MOST_ROWS = 100_000;

const OPEN_ARRAY = 0x5b;

export interface RowsFacts {
  readonly signature: Signature;
  /** Whether the model takes rows. */
  readonly batched: boolean;
}

type Row = ReadonlyMap<string, RowValue>;

/** What a body has come to. */
export interface Rows {
  /** How many there are. */
  readonly rows: number;
  /** Whether it is one object and no array. */
  readonly isOne: boolean;
  readonly inputs: Tensors;
}

/**
 * Reads a body of plain JSON and joins its rows, step by step.
 *
 * @throws RequestError 400 that says which row and input, what was wanted and what was found
 */
export function* readRows(reader: JsonReader, facts: RowsFacts): Steps<Rows> {
  if (reader.bytes.length === 0)
    throw badRequest('the body is empty; wanted an object by input name, or an array of them');
  const isOne = reader.peek() !== OPEN_ARRAY;
  if (!isOne && !facts.batched) {
    throw badRequest('this model has no batch dimension, so it takes one object and not an array of them');
  }
  const rows: Row[] = [];
  for (let more = isOne || reader.openArray('the body'); more; more = !isOne && reader.nextElement()) {
    if (rows.length === MOST_ROWS) throw badRequest(`the body has more than ${MOST_ROWS} rows`);
    try {
      const draft = new RowDraft(reader, facts.signature);
      for (let member = reader.openObject(isOne ? 'the body' : 'a row'); member; member = reader.nextMember()) {
        const rest = draft.readMember();
        if (rest) yield* rest;
      }
      rows.push(draft.finish());
    } catch (error) {
      if (isOne || !(error instanceof RequestError)) throw error;
      throw new RequestError(error.status, `row ${rows.length}: ${error.message}`);
    }
  }
  reader.assertEnd();
  return { rows: rows.length, isOne, inputs: rows.length === 0 ? noTensors() : yield* joinInputs(rows, facts) };
}

function* joinInputs(rows: readonly Row[], { signature, batched }: RowsFacts): Steps<Tensors> {
  const sizes = new Array(signature.symbolCount);
  const inputs = noTensors();
  for (const port of signature.inputs) {
    const values = rows.map((row) => row.get(port.name) as RowValue);
    yield;
    inputs[port.name] = yield* joinRows(values, port, { batched, sizes });
  }
  return inputs;
}
