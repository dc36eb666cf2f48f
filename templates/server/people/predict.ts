import { bodyBytes } from '../body-bytes.ts';
import { countTraffic } from '../garbage.ts';
import type { Inference } from '../inference.ts';
import { JsonReader } from '../json/reader.ts';
import { letTensorsGo } from '../let-go.ts';
import type { RequestLimits } from '../limits.ts';
import { readInTurns, SHORT_BYTES } from '../read-request.ts';
import type { Answer, Caller, RequestBody } from '../router.ts';
import type { Signature } from '../signature.ts';
import { takeAtOnce, takeInTurns } from '../take-in-turns.ts';
import type { Tensors } from '../tensor.ts';
import { hasRows } from './has-rows.ts';
import { type Rows, readRows } from './read-rows.ts';
import { areLong, renderRows, writeRowsInSteps } from './render-rows.ts';

export interface PredictParts {
  readonly signature: Signature;
  readonly inference: Inference;
  readonly limits: RequestLimits;
}

/**
 * `POST /predict`: plain JSON for people. A row is an object by input name, without the batch dimension where the model has one;
 * one row gives one object by output name, an array of rows an array of those.
 */
export function makePredict({
  signature,
  inference,
  limits,
}: PredictParts): (body: RequestBody, caller: Caller) => Promise<void> | undefined {
  const batched = hasRows(signature);
  const infer = ({ rows, isOne, inputs }: Rows, bytes: number, caller: Caller): void => {
    if (rows === 0) {
      caller.answer({ status: 200, body: '[]' });
      return;
    }
    inference.submit(
      { inputs, outputs: signature.outputs },
      {
        connection: caller.connection,
        isWaiting: () => caller.isWaiting(),
        succeed: (tensors: Tensors) => {
          const facts = { outputs: signature.outputs, count: batched ? rows : null, isOne };
          const answer = (body: Answer['body'] | undefined) => {
            letTensorsGo(inputs);
            letTensorsGo(tensors);
            if (body === undefined) return undefined;
            countTraffic(bytes + bodyBytes(body));
            return caller.answer({ status: 200, body });
          };
          if (!areLong(tensors)) return answer(renderRows(tensors, facts));
          return takeInTurns(writeRowsInSteps(tensors, facts), () => caller.isWaiting()).then(answer);
        },
        fail: (error) => caller.fail(error),
      },
    );
  };
  return ({ bytes }, caller) => {
    inference.assertOpen();
    const steps = readRows(new JsonReader(bytes, limits), { signature, batched });
    if (bytes.length > SHORT_BYTES) {
      return readInTurns(steps, { caller, done: (rows) => infer(rows, bytes.length, caller) });
    }
    infer(takeAtOnce(steps), bytes.length, caller);
    return undefined;
  };
}
