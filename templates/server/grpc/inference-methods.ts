import type { Inference, Phase } from '../inference.ts';
import type { RequestLimits } from '../limits.ts';
import { modelMetadata, serverMetadata } from '../open-inference/metadata.ts';
import { NOT_SERVED_METHODS } from '../open-inference/not-served.ts';
import { readInTurns, SHORT_BYTES } from '../read-request.ts';
import { RequestError } from '../request-error.ts';
import type { Signature } from '../signature.ts';
import type { Call } from './call.ts';
import { assertModel, decodeInfer, decodeInferInSteps, type GrpcRequest } from './decode-infer.ts';
import { makeInferEncoder } from './encode-infer.ts';
import { type GrpcFacts, GrpcInference, type InferOutcome } from './grpc-inference.ts';
import { streamInfer } from './infer-stream.ts';
import type { Method } from './methods.ts';
import { WireReader } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';

export interface GrpcParts {
  readonly signature: Signature;
  readonly inference: Inference;
  readonly serverVersion: string;
  readonly limits: RequestLimits;
  readonly phase: () => Phase;
}

/** A request on its way to its answer, for single calls and for streams of them; where it takes long to read, gives what settles once it is. */
export type InferOne = (message: Buffer, call: Call, then: InferOutcome) => Promise<void> | undefined;

export const INFERENCE_SERVICE = 'inference.GRPCInferenceService';

/** The Open Inference Protocol's service over one model. */
export function inferenceMethods(parts: GrpcParts): readonly (readonly [string, Method])[] {
  const { signature, inference, phase } = parts;
  const infer = makeInfer(parts);
  const isReady = () => new WireWriter().bool(1, phase() === 'ready').finish();
  const methods: Readonly<Record<string, Method>> = {
    ServerLive: unary(() => new WireWriter().bool(1, true).finish()),
    ServerReady: unary(isReady),
    // The protocol has no word for a model that is not there; tritonclient's is_model_ready means false by that, over REST too.
    ModelReady: unary((message) => {
      const { name, version } = readNames(message, parts.limits);
      const known = name === signature.name && (version === '' || version === signature.version);
      return known ? isReady() : Buffer.alloc(0);
    }),
    ServerMetadata: unary(() => writeServerMetadata(parts.serverVersion)),
    ModelMetadata: unary((message) => {
      const { name, version } = readNames(message, parts.limits);
      assertModel(signature, name, version);
      return writeModelMetadata(signature);
    }),
    ModelInfer: {
      kind: 'unary',
      takesTensors: true,
      assertOpen: inference.assertOpen,
      accept: (message, call) =>
        infer(message, call, {
          succeed: ({ pieces, spend }) => call.reply(pieces, spend),
          fail: (error) => call.fail(error),
        }),
    },
    ModelStreamInfer: { kind: 'stream', takesTensors: true, open: (call) => streamInfer(call, infer, parts.limits) },
    RepositoryIndex: unary(() => writeIndex(signature, phase() === 'ready')),
    ...Object.fromEntries(Object.entries(NOT_SERVED_METHODS).map(([name, why]) => [name, refusal(why)])),
  };
  return Object.entries(methods).map(([name, method]) => [`/${INFERENCE_SERVICE}/${name}`, method]);
}

function makeInfer({ signature, inference, limits }: GrpcParts): InferOne {
  const encode = makeInferEncoder(signature);
  const submit = (request: GrpcRequest, facts: GrpcFacts): void => {
    const deadlineMs = earlier(request.deadlineMs, facts.call.deadlineMs);
    inference.submit({ ...request, deadlineMs }, new GrpcInference(request, facts));
  };
  return (message, call, then) => {
    inference.assertOpen();
    const facts = { message, call, then, encode };
    if (message.length <= SHORT_BYTES) {
      submit(decodeInfer(message, signature, limits), facts);
      return undefined;
    }
    return readInTurns(decodeInferInSteps(message, signature, limits), {
      caller: { isWaiting: () => call.isWaiting(), fail: then.fail },
      done: (request) => submit(request, facts),
    });
  };
}

function earlier(one: number | undefined, other: number | null): number | undefined {
  if (one === undefined || other === null) return one ?? other ?? undefined;
  return Math.min(one, other);
}

function refusal(why: string): Method {
  return unary(() => {
    throw new RequestError(501, why);
  });
}

function unary(work: (message: Buffer) => Buffer): Method {
  return {
    kind: 'unary',
    accept(message, call) {
      call.reply([work(message)]);
      return undefined;
    },
  };
}

function readNames(message: Buffer, { stringBytes }: RequestLimits): { name: string; version: string } {
  const reader = new WireReader(message);
  const names = { name: '', version: '' };
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field === 1) names.name = reader.text('name', stringBytes);
    else if (field === 2) names.version = reader.text('version', stringBytes);
    else reader.skip();
  }
  return names;
}

function writeServerMetadata(serverVersion: string): Buffer {
  const { name, version, extensions } = serverMetadata(serverVersion);
  const writer = new WireWriter().text(1, name).text(2, version);
  for (const extension of extensions) writer.text(3, extension);
  return writer.finish();
}

function writeModelMetadata(signature: Signature): Buffer {
  const { name, versions, platform, inputs, outputs } = modelMetadata(signature);
  const writer = new WireWriter().text(1, name);
  for (const version of versions) writer.text(2, version);
  writer.text(3, platform);
  for (const [field, tensors] of [
    [4, inputs],
    [5, outputs],
  ] as const) {
    for (const { name: tensor, datatype, shape } of tensors) {
      const sizes = new WireWriter();
      for (const size of shape) sizes.varint(size);
      writer.span(field, new WireWriter().text(1, tensor).text(2, datatype).span(3, sizes.finish()).finish());
    }
  }
  return writer.finish();
}

function writeIndex({ name, version }: Signature, ready: boolean): Buffer {
  const model = new WireWriter()
    .text(1, name)
    .text(2, version)
    .text(3, ready ? 'READY' : 'UNAVAILABLE');
  return new WireWriter().span(1, model.finish()).finish();
}
