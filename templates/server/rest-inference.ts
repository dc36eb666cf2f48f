import { bodyBytes } from './body-bytes.ts';
import { countTraffic } from './garbage.ts';
import type { InferenceCaller } from './inference.ts';
import type { RunFacts } from './job.ts';
import { letAllGo, letGo, letTensorsGo } from './let-go.ts';
import type { DecodedRequest } from './open-inference/decode.ts';
import {
  type InferenceResult,
  isLong,
  type ResultEncoder,
  type WrittenOutputs,
  writeLongOutputs,
} from './open-inference/encode.ts';
import type { Caller } from './router.ts';
import { takeInTurns } from './take-in-turns.ts';
import type { Tensors } from './tensor.ts';

export interface RestFacts {
  readonly caller: Caller;
  readonly request: DecodedRequest;
  readonly encode: ResultEncoder;
  readonly bodyBytes: number;
  /** Nobody else's once it is answered; `undefined` where it is. */
  readonly body: Buffer | undefined;
  /** Whether nothing else lies in the body's buffer. */
  readonly isBodyAlone: boolean;
}

/** A request over REST that waits for its outputs. */
export class RestInference implements InferenceCaller {
  readonly #caller: Caller;
  readonly #request: DecodedRequest;
  readonly #encode: ResultEncoder;
  readonly #bodyBytes: number;
  readonly #body: Buffer | undefined;
  readonly #isBodyAlone: boolean;

  constructor({ caller, request, encode, bodyBytes, body, isBodyAlone }: RestFacts) {
    this.#caller = caller;
    this.#request = request;
    this.#encode = encode;
    this.#bodyBytes = bodyBytes;
    this.#body = body;
    this.#isBodyAlone = isBodyAlone;
  }

  get connection(): object {
    return this.#caller.connection;
  }

  isWaiting(): boolean {
    return this.#caller.isWaiting();
  }

  succeed(tensors: Tensors, facts: RunFacts): Promise<void> | undefined {
    const { id, echo, outputs, binary } = this.#request;
    this.#caller.noteRun(facts);
    const result = { id, echo, outputs, binary, tensors };
    return isLong(result) ? this.#answerInTurns(result) : this.#answer(result);
  }

  async #answerInTurns(result: InferenceResult): Promise<void> {
    const written = await takeInTurns(writeLongOutputs(result), () => this.isWaiting());
    if (written === undefined) this.#letGo(result);
    else await this.#answer(result, written);
  }

  #answer(result: InferenceResult, written?: WrittenOutputs): Promise<void> | undefined {
    const answer = this.#encode(result, written);
    countTraffic(this.#bodyBytes + bodyBytes(answer.body));
    const sent = this.#caller.answer(answer);
    this.#letGo(result);
    return sent;
  }

  /** Inputs lie in the body; outputs go with the answer where they are part of it. */
  #letGo({ binary, tensors }: InferenceResult): void {
    letTensorsGo(this.#request.inputs);
    if (this.#body) (this.#isBodyAlone ? letAllGo : letGo)(this.#body);
    if (binary === undefined) letTensorsGo(tensors);
  }

  fail(error: unknown): void {
    this.#caller.fail(error);
  }
}
