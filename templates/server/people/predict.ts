import { bodyBytes } from '../body-bytes.ts';
import { countTraffic } from '../garbage.ts';
import type { Inference } from '../inference.ts';
import { JsonReader } from '../json/reader.ts';
import { letTensorsGo } from '../let-go.ts';
import type { RequestLimits } from '../limits.ts';
import { badRequest, RequestError } from '../request-error.ts';
import type { Answer, Caller, RequestBody } from '../router.ts';
import type { Signature } from '../signature.ts';
import { takeInTurns } from '../take-in-turns.ts';
import { noTensors, type Tensors } from '../tensor.ts';
import { hasRows } from './has-rows.ts';
import { joinRows } from './join-rows.ts';
import { RowReader, type RowValue } from './read-row.ts';
import { areLong, renderRows, writeRowsInSteps } from './render-rows.ts';

export interface PredictParts {
  readonly signature: Signature;
  readonly inference: Inference;
  readonly limits: RequestLimits;
}

/** Most rows of one body; more of them are for the protocol, whose tensors cost less. */
const MOST_ROWS = 100_000;

const OPEN_ARRAY = 0x5b;

/**
 * `POST /predict`: plain JSON for people. A row is an object by input name, without the batch dimension where the model has one;
 * one row gives one object by output name, an array of rows an array of those.
 */
export function makePredict({
  signature,
  inference,
  limits,
}: PredictParts): (body: RequestBody, caller: Caller) => void {
  const batched = hasRows(signature);
  return ({ bytes }, caller) => {
    inference.assertOpen();
    const { rows, isOne } = readRows(new JsonReader(bytes, limits), { signature, limits, batched });
    if (rows.length === 0) {
      caller.answer({ status: 200, body: '[]' });
      return;
    }
    const inputs = makeInputs(rows, signature, batched);
    inference.submit(
      { inputs, outputs: signature.outputs },
      {
        connection: caller.connection,
        isWaiting: () => caller.isWaiting(),
        succeed: (tensors: Tensors) => {
          const facts = { outputs: signature.outputs, count: batched ? rows.length : null, isOne };
          const answer = (body: Answer['body'] | undefined) => {
            letTensorsGo(inputs);
            letTensorsGo(tensors);
            if (body === undefined) return undefined;
            countTraffic(bytes.length + bodyBytes(body));
            return caller.answer({ status: 200, body });
          };
          if (!areLong(tensors)) return answer(renderRows(tensors, facts));
          return takeInTurns(writeRowsInSteps(tensors, facts), () => caller.isWaiting()).then(answer);
        },
        fail: (error) => caller.fail(error),
      },
    );
  };
}

interface RowsFacts {
  readonly signature: Signature;
  readonly limits: RequestLimits;
  readonly batched: boolean;
}

type Row = ReadonlyMap<string, RowValue>;

function readRows(reader: JsonReader, facts: RowsFacts): { rows: readonly Row[]; isOne: boolean } {
  if (reader.bytes.length === 0)
    throw badRequest('the body is empty; wanted an object by input name, or an array of them');
  const rowReader = new RowReader(reader, facts.signature);
  const isOne = reader.peek() !== OPEN_ARRAY;
  const rows: Row[] = [];
  if (isOne) rows.push(rowReader.read('the body'));
  else {
    if (!facts.batched) {
      throw badRequest('this model has no batch dimension, so it takes one object and not an array of them');
    }
    for (let more = reader.openArray('the body'); more; more = reader.nextElement()) {
      if (rows.length === MOST_ROWS) throw badRequest(`the body has more than ${MOST_ROWS} rows`);
      rows.push(inRow(rows.length, () => rowReader.read('a row')));
    }
  }
  reader.assertEnd();
  return { rows, isOne };
}

function inRow<T>(index: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RequestError) throw new RequestError(error.status, `row ${index}: ${error.message}`);
    throw error;
  }
}

function makeInputs(rows: readonly Row[], signature: Signature, batched: boolean): Tensors {
  const sizes = new Array(signature.symbolCount);
  const inputs = noTensors();
  for (const port of signature.inputs) {
    const values = rows.map((row) => row.get(port.name) as RowValue);
    inputs[port.name] = joinRows(values, port, { batched, sizes });
  }
  return inputs;
}
