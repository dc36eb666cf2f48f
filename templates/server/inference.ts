import { assertTexts } from './check-texts.ts';
import { DEFAULT_PRIORITY, type JobQueue, type RunFacts } from './job.ts';
import { RequestError } from './request-error.ts';
import type { Port, Signature } from './signature.ts';
import { selectOutputs, type Tensors, tensorsBytes } from './tensor.ts';

/** `starting` until the warm-up has run, `draining` once a signal to stop has come. */
export type Phase = 'starting' | 'ready' | 'draining';

/** An inference request in the server's own terms, whatever protocol it came by. */
export interface InferenceRequest {
  readonly inputs: Tensors;
  /** Outputs to answer with, in the order asked for. */
  readonly outputs: readonly Port[];
  /** As in `Job`; no limit and the default where left out. */
  readonly deadlineMs?: number | undefined;
  readonly priority?: number | undefined;
}

/** Who asks, and what becomes of the answer. */
export interface InferenceCaller {
  readonly connection: object;
  isWaiting(): boolean;
  succeed(outputs: Tensors, facts: RunFacts): void;
  fail(error: unknown): void;
}

/** The way from a decoded request to its outputs, the same for every protocol. */
export interface Inference {
  /** @throws RequestError 503 while the model loads, 429 where no request can be taken now */
  assertOpen(): void;
  /** @throws RequestError as `assertOpen`, 400 for texts that are too long; what happens later is told to the caller */
  submit(request: InferenceRequest, caller: InferenceCaller): void;
}

export interface InferenceParts {
  readonly signature: Signature;
  readonly queue: JobQueue;
  readonly phase: () => Phase;
}

export function makeInference({ signature, queue, phase }: InferenceParts): Inference {
  const allOutputs = selectOutputs(signature.outputs);
  const batchInput = findBatchInput(signature);
  const assertOpen = (): void => {
    // Requests that come while draining are still served: their connection was open before, and clients do not expect
    // a refusal on it. The answer closes it.
    if (phase() === 'starting') throw new RequestError(503, 'the model is still loading', { 'retry-after': '1' });
    queue.assertRoom();
  };
  return {
    assertOpen,
    submit({ inputs, outputs, deadlineMs, priority }, caller) {
      assertOpen();
      assertTexts(signature, inputs);
      queue.submit({
        inputs,
        outputs: outputs === signature.outputs ? allOutputs : selectOutputs(outputs),
        rows: batchInput === undefined ? null : (inputs[batchInput]?.dims[0] ?? null),
        bytes: tensorsBytes(inputs),
        deadlineMs: deadlineMs ?? null,
        priority: priority ?? DEFAULT_PRIORITY,
        connection: caller.connection,
        isWanted: () => caller.isWaiting(),
        succeed: (tensors, facts) => {
          try {
            caller.succeed(tensors, facts);
          } catch (error) {
            // What cannot be made into an answer must not leave its client without one.
            caller.fail(error);
          }
        },
        fail: (error) => caller.fail(error),
      });
    },
  };
}

/** An input whose first dimension counts the rows of a request: the same open one in every input. */
export function findBatchInput({ inputs }: Signature): string | undefined {
  const first = inputs[0]?.axes?.[0];
  if (first === undefined || typeof first === 'number') return undefined;
  // Without a name, nothing says that two inputs mean the same size.
  if (first === null) return inputs.length === 1 ? inputs[0]?.name : undefined;
  return inputs.every((port) => port.axes?.[0] === first) ? inputs[0]?.name : undefined;
}
