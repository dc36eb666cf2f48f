import { countTraffic } from '../garbage.ts';
import type { InferenceCaller } from '../inference.ts';
import type { RunFacts } from '../job.ts';
import { keepShape } from '../keep-shape.ts';
import { letGo, letTensorsGo } from '../let-go.ts';
import { takeInTurns } from '../take-in-turns.ts';
import type { Tensors } from '../tensor.ts';
import type { Call } from './call.ts';
import type { GrpcRequest } from './decode-infer.ts';
import {
  type InferEncoder,
  isLong,
  type WrittenAnswer,
  type WrittenContents,
  writeLongContents,
} from './encode-infer.ts';

/** What becomes of a request. */
export interface InferOutcome {
  readonly succeed: (answer: WrittenAnswer) => void;
  readonly fail: (error: unknown) => void;
}

export interface GrpcFacts {
  /** Some inputs may lie in it. */
  readonly message: Buffer;
  readonly call: Call;
  readonly then: InferOutcome;
  readonly encode: InferEncoder;
}

/** A request over gRPC that waits for its outputs. */
export class GrpcInference implements InferenceCaller {
  readonly #request: GrpcRequest;
  readonly #facts: GrpcFacts;

  constructor(request: GrpcRequest, facts: GrpcFacts) {
    this.#request = request;
    this.#facts = facts;
  }

  get connection(): object {
    return this.#facts.call.connection;
  }

  isWaiting(): boolean {
    return this.#facts.call.isWaiting();
  }

  succeed(tensors: Tensors, run: RunFacts): Promise<void> | undefined {
    this.#facts.call.onRun?.(run);
    if (isLong(this.#request, tensors)) return this.#answerInTurns(tensors);
    this.#answer(tensors);
    return undefined;
  }

  async #answerInTurns(tensors: Tensors): Promise<void> {
    const written = await takeInTurns(writeLongContents(this.#request, tensors), () => this.isWaiting());
    if (written !== undefined) {
      this.#answer(tensors, written);
      return;
    }
    letTensorsGo(tensors);
    this.#letGo();
  }

  #answer(tensors: Tensors, written?: WrittenContents): void {
    const { message, then, encode } = this.#facts;
    const answer = encode(this.#request, tensors, written);
    let bytes = message.length;
    for (const piece of answer.pieces) bytes += piece.length;
    countTraffic(bytes);
    then.succeed(answer);
    this.#letGo();
  }

  #letGo(): void {
    letTensorsGo(this.#request.inputs);
    letGo(this.#facts.message);
  }

  fail(error: unknown): void {
    this.#facts.then.fail(error);
  }
}

keepShape(new GrpcInference({} as GrpcRequest, {} as GrpcFacts));
