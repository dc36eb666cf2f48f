import { countTraffic } from './garbage.ts';
import { decodeInferenceRequest } from './open-inference/decode.ts';
import { makeResultEncoder } from './open-inference/encode.ts';
import { renderModelMetadata, renderServerMetadata } from './open-inference/metadata.ts';
import { RequestError } from './request-error.ts';
import type { Answer, Service } from './router.ts';
import type { Scheduler } from './scheduler.ts';
import type { Signature } from './signature.ts';
import { selectOutputs } from './tensor.ts';

/** `starting` until the warm-up has run, `draining` once a signal to stop has come. */
export type Phase = 'starting' | 'ready' | 'draining';

export interface ServiceParts {
  readonly signature: Signature;
  readonly scheduler: Scheduler;
  readonly serverVersion: string;
  readonly phase: () => Phase;
}

const EMPTY: Answer = { status: 200, body: '' };

/** The Open Inference Protocol over one model. */
export function makeService({ signature, scheduler, serverVersion, phase }: ServiceParts): Service {
  const serverMetadata = { status: 200, body: renderServerMetadata(serverVersion) };
  const modelMetadata = { status: 200, body: renderModelMetadata(signature) };
  const encode = makeResultEncoder(signature);
  const allOutputs = selectOutputs(signature.outputs);
  const assertOpen = (): void => {
    // Requests that come while draining are still served: their connection was open before, and clients do not expect
    // a refusal on it. The answer closes it.
    if (phase() === 'starting') throw new RequestError(503, 'the model is still loading', { 'retry-after': '1' });
    if (scheduler.isFull) throw new RequestError(429, 'too many requests are waiting', { 'retry-after': '1' });
  };
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
    assertOpen,
    infer(body, caller) {
      // Others may have taken the last place since the body began to come in.
      assertOpen();
      const { id, inputs, outputs } = decodeInferenceRequest(body, signature);
      scheduler.submit({
        inputs,
        outputs: outputs === signature.outputs ? allOutputs : selectOutputs(outputs),
        isWanted: () => caller.isWaiting(),
        succeed: (tensors) => {
          const text = encode({ id, outputs, tensors });
          countTraffic(body.length + text.length);
          caller.answer({ status: 200, body: text });
        },
        fail: (error) => caller.fail(error),
      });
    },
  };
}
