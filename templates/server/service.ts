import { countTraffic } from './garbage.ts';
import { type InferenceParts, makeInference } from './inference.ts';
import { decodeInferenceRequest } from './open-inference/decode.ts';
import { makeResultEncoder } from './open-inference/encode.ts';
import { renderModelMetadata, renderServerMetadata } from './open-inference/metadata.ts';
import { RequestError } from './request-error.ts';
import type { Answer, Service } from './router.ts';

export interface ServiceParts extends InferenceParts {
  readonly serverVersion: string;
}

const EMPTY: Answer = { status: 200, body: '' };

/** The Open Inference Protocol over one model. */
export function makeService(parts: ServiceParts): Service {
  const { signature, phase } = parts;
  const inference = makeInference(parts);
  const serverMetadata = { status: 200, body: renderServerMetadata(parts.serverVersion) };
  const modelMetadata = { status: 200, body: renderModelMetadata(signature) };
  const encode = makeResultEncoder(signature);
  return {
    signature,
    serverMetadata: () => serverMetadata,
    modelMetadata: () => modelMetadata,
    live: () => EMPTY,
    ready: () => {
      if (phase() === 'ready') return EMPTY;
      throw new RequestError(
        503,
        phase() === 'starting' ? 'the model is still loading' : 'the server is shutting down',
      );
    },
    assertOpen: inference.assertOpen,
    infer(body, caller) {
      inference.assertOpen();
      const { id, inputs, outputs } = decodeInferenceRequest(body, signature);
      inference.submit(
        { inputs, outputs },
        {
          connection: caller.connection,
          isWaiting: () => caller.isWaiting(),
          succeed: (tensors) => {
            const text = encode({ id, outputs, tensors });
            countTraffic(body.length + text.length);
            caller.answer({ status: 200, body: text });
          },
          fail: (error) => caller.fail(error),
        },
      );
    },
  };
}
