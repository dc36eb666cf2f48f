import type { Plan } from '../../schemas/plan.ts';
import type { Inference, Phase } from './inference.ts';
import type { RequestLimits } from './limits.ts';
import { type DecodedRequest, decodeInferenceRequest, decodeInSteps } from './open-inference/decode.ts';
import { EarlyNumbers } from './open-inference/early-numbers.ts';
import { makeResultEncoder } from './open-inference/encode.ts';
import {
  repositoryIndex as describeIndex,
  modelMetadata as describeModel,
  serverMetadata as describeServer,
} from './open-inference/metadata.ts';
import type { Options } from './options.ts';
import { makeOpenApi } from './people/openapi.ts';
import { makePlayground } from './people/playground.ts';
import { makePredict } from './people/predict.ts';
import { readInTurns, SHORT_BYTES } from './read-request.ts';
import { RequestError } from './request-error.ts';
import { RestInference } from './rest-inference.ts';
import type { Answer, Caller, RequestBody, Service } from './router.ts';
import type { Signature } from './signature.ts';

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
  const submit = (request: DecodedRequest, { bytes, isLent, isAlone }: RequestBody, caller: Caller): void => {
    const body = isLent ? undefined : bytes;
    const facts = { caller, request, encode, bodyBytes: bytes.length, body, isBodyAlone: isAlone };
    inference.submit(request, new RestInference(facts));
  };
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
    repositoryIndex(_, caller) {
      caller.answer({ status: 200, body: JSON.stringify(describeIndex(signature, phase())) });
      return undefined;
    },
    assertOpen: inference.assertOpen,
    inferEarly: (roomBytes) => new EarlyNumbers(signature, limits, roomBytes),
    infer(body, caller) {
      inference.assertOpen();
      const { bytes, jsonBytes, taken } = body;
      const facts = { jsonBytes, limits, taken };
      if (bytes.length > SHORT_BYTES) {
        const steps = decodeInSteps(bytes, signature, facts);
        return readInTurns(steps, { caller, done: (request) => submit(request, body, caller) });
      }
      submit(decodeInferenceRequest(bytes, signature, facts), body, caller);
      return undefined;
    },
  };
}

/** Made at the first question: a start does not wait for what nobody may ask. */
function once(make: () => Answer): () => Answer {
  let made: Answer | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
