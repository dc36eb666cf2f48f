import type { Plan } from '../../schemas/plan.ts';
import { countTraffic } from './garbage.ts';
import type { Inference, InferenceCaller, Phase } from './inference.ts';
import type { RunFacts } from './job.ts';
import { BODY_SHIFT_BYTES, letGo, letTensorsGo } from './let-go.ts';
import type { RequestLimits } from './limits.ts';
import { type DecodedRequest, decodeInferenceRequest } from './open-inference/decode.ts';
import { EarlyNumbers } from './open-inference/early-numbers.ts';
import { type InferenceResult, makeResultEncoder } from './open-inference/encode.ts';
import {
  repositoryIndex as describeIndex,
  modelMetadata as describeModel,
  serverMetadata as describeServer,
} from './open-inference/metadata.ts';
import type { Options } from './options.ts';
import { makeOpenApi } from './people/openapi.ts';
import { makePlayground } from './people/playground.ts';
import { makePredict } from './people/predict.ts';
import { RequestError } from './request-error.ts';
import type { Answer, Caller, Service } from './router.ts';
import type { Signature } from './signature.ts';
import type { Tensors } from './tensor.ts';

export interface ServiceParts {
  readonly plan: Plan;
  readonly options: Pick<Options, 'playground' | 'imageDigest' | 'tokensFile'>;
  readonly signature: Signature;
  readonly inference: Inference;
  readonly phase: () => Phase;
  readonly serverVersion: string;
  readonly limits: RequestLimits;
  readonly metrics: { render(): string };
}

/** The protocol has the status alone say this; KServe's client reads the body. */
const LIVE: Answer = { status: 200, body: '{"live":true}' };
const READY: Answer = { status: 200, body: '{"ready":true}' };

/** Prometheus' text format. */
const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** The Open Inference Protocol over one model. */
export function makeService(parts: ServiceParts): Service {
  const { signature, inference, phase, limits } = parts;
  const serverMetadata = { status: 200, body: JSON.stringify(describeServer(parts.serverVersion)) };
  const modelMetadata = { status: 200, body: JSON.stringify(describeModel(signature)) };
  const { imageDigest, tokensFile } = parts.options;
  const openApiParts = {
    plan: parts.plan,
    signature,
    serverVersion: parts.serverVersion,
    imageDigest,
    secured: tokensFile !== undefined,
  };
  const encode = makeResultEncoder(signature);
  const modelReady = { status: 200, body: JSON.stringify({ name: signature.name, ready: true }) };
  const whenReady = (answer: Answer): Answer => {
    if (phase() === 'ready') return answer;
    throw new RequestError(503, phase() === 'starting' ? 'the model is still loading' : 'the server is shutting down');
  };
  return {
    signature,
    serverMetadata: () => serverMetadata,
    modelMetadata: () => modelMetadata,
    live: () => LIVE,
    ready: () => whenReady(READY),
    modelReady: () => whenReady(modelReady),
    metrics: () => ({ status: 200, body: parts.metrics.render(), contentType: METRICS_TYPE }),
    openApi: once(() => ({ status: 200, body: JSON.stringify(makeOpenApi(openApiParts)) })),
    playground: parts.options.playground ? once(makePlayground) : undefined,
    predict: makePredict({ signature, inference, limits }),
    repositoryIndex: (_, caller) =>
      caller.answer({ status: 200, body: JSON.stringify(describeIndex(signature, phase())) }),
    assertOpen: inference.assertOpen,
    inferEarly: (roomBytes) => new EarlyNumbers(signature, limits, roomBytes),
    infer({ bytes, jsonBytes, taken, isLent }, caller) {
      inference.assertOpen();
      const request = decodeInferenceRequest(bytes, signature, { jsonBytes, limits, taken });
      const body = isLent ? undefined : bytes;
      inference.submit(request, new RestInference({ caller, request, encode, bodyBytes: bytes.length, body }));
    },
  };
}

interface RestFacts {
  readonly caller: Caller;
  readonly request: DecodedRequest;
  readonly encode: (result: InferenceResult) => Answer;
  readonly bodyBytes: number;
  /** Nobody else's once it is answered; `undefined` where it is. */
  readonly body: Buffer | undefined;
}

/** A request over REST that waits for its outputs. */
class RestInference implements InferenceCaller {
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
    countTraffic(this.#bodyBytes + answer.body.length);
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

/** Made at the first question: a start does not wait for what nobody may ask. */
function once(make: () => Answer): () => Answer {
  let made: Answer | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
