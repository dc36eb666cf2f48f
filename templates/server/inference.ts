import { DEFAULT_PRIORITY, type Job, type JobQueue, type RunFacts } from './job.ts';
import { RequestError } from './request-error.ts';
import type { Port, Signature } from './signature.ts';
import { type OutputSelection, selectOutputs, type Tensors, tensorsBytes } from './tensor.ts';

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
  /** As in `Job`. */
  succeed(outputs: Tensors, facts: RunFacts): Promise<void> | undefined;
  fail(error: unknown): void;
}

/** The way from a decoded request to its outputs, the same for every protocol. */
export interface Inference {
  /** @throws RequestError 503 while the model loads, 429 where no request can be taken now */
  assertOpen(): void;
  /** @throws RequestError as `assertOpen`; what happens later is told to the caller */
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
      queue.submit(
        new InferenceJob(caller, {
          inputs,
          outputs: outputs === signature.outputs ? allOutputs : selectOutputs(outputs),
          rows: batchInput === undefined ? null : (inputs[batchInput]?.dims[0] ?? null),
          deadlineMs: deadlineMs ?? null,
          priority: priority ?? DEFAULT_PRIORITY,
        }),
      );
    },
  };
}

/** Thousands of these wait at a time: an object that has its methods from its class takes half of one that brings its own. */
class InferenceJob implements Job {
  readonly inputs: Tensors;
  readonly outputs: OutputSelection;
  readonly rows: number | null;
  readonly bytes: number;
  readonly deadlineMs: number | null;
  readonly priority: number;
  readonly #caller: InferenceCaller;

  constructor(
    caller: InferenceCaller,
    {
      inputs,
      outputs,
      rows,
      deadlineMs,
      priority,
    }: Pick<Job, 'inputs' | 'outputs' | 'rows' | 'deadlineMs' | 'priority'>,
  ) {
    this.#caller = caller;
    this.inputs = inputs;
    this.outputs = outputs;
    this.rows = rows;
    this.bytes = tensorsBytes(inputs);
    this.deadlineMs = deadlineMs;
    this.priority = priority;
  }

  get connection(): object {
    return this.#caller.connection;
  }

  isWanted(): boolean {
    return this.#caller.isWaiting();
  }

  succeed(tensors: Tensors, facts: RunFacts): Promise<void> | undefined {
    try {
      return this.#caller.succeed(tensors, facts)?.catch((error: unknown) => this.#caller.fail(error));
    } catch (error) {
      // What cannot be made into an answer must not leave its client without one.
      this.#caller.fail(error);
      return undefined;
    }
  }

  fail(error: unknown): void {
    this.#caller.fail(error);
  }
}

/** An input whose first dimension counts the rows of a request: the same open one in every input. */
export function findBatchInput({ inputs }: Signature): string | undefined {
  const first = inputs[0]?.axes?.[0];
  if (first === undefined || typeof first === 'number') return undefined;
  // Without a name, nothing says that two inputs mean the same size.
  if (first === null) return inputs.length === 1 ? inputs[0]?.name : undefined;
  return inputs.every((port) => port.axes?.[0] === first) ? inputs[0]?.name : undefined;
}
