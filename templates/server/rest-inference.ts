import { bodyBytes } from './body-bytes.ts';
import { countTraffic } from './garbage.ts';
import type { InferenceCaller } from './inference.ts';
import type { RunFacts } from './job.ts';
import { BODY_SHIFT_BYTES, letGo, letTensorsGo } from './let-go.ts';
import type { DecodedRequest } from './open-inference/decode.ts';
import type { InferenceResult } from './open-inference/encode.ts';
import type { Answer, Caller } from './router.ts';
import type { Tensors } from './tensor.ts';

export interface RestFacts {
  readonly caller: Caller;
  readonly request: DecodedRequest;
  readonly encode: (result: InferenceResult) => Answer;
  readonly bodyBytes: number;
  /** Nobody else's once it is answered; `undefined` where it is. */
  readonly body: Buffer | undefined;
}

/** A request over REST that waits for its outputs. */
export class RestInference implements InferenceCaller {
  readonly #caller: Caller;
  readonly #request: DecodedRequest;
  readonly #encode: (result: InferenceResult) => Answer;
  readonly #bodyBytes: number;
  readonly #body: Buffer | undefined;

  constructor({ caller, request, encode, bodyBytes, body }: RestFacts) {
    this.#caller = caller;
    this.#request = request;
    this.#encode = encode;
    this.#bodyBytes = bodyBytes;
    this.#body = body;
  }

  get connection(): object {
    return this.#caller.connection;
  }

  isWaiting(): boolean {
    return this.#caller.isWaiting();
  }

  succeed(tensors: Tensors, facts: RunFacts): void {
    const { id, echo, outputs, binary, inputs } = this.#request;
    this.#caller.noteRun(facts);
    const answer = this.#encode({ id, echo, outputs, binary, tensors });
    countTraffic(this.#bodyBytes + bodyBytes(answer.body));
    this.#caller.answer(answer);
    // Inputs lie in the body; outputs go with the answer where they are part of it.
    letTensorsGo(inputs);
    if (this.#body) letGo(this.#body, BODY_SHIFT_BYTES);
    if (binary === undefined) letTensorsGo(tensors);
  }

  fail(error: unknown): void {
    this.#caller.fail(error);
  }
}
