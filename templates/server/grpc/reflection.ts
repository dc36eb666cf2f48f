import { DEFAULT_LIMITS } from '../limits.ts';
import { RequestError } from '../request-error.ts';
import { type DescribedFile, describeProto } from './describe-proto.ts';
import { INFERENCE_PROTO } from './inference-proto.ts';
import type { Method } from './methods.ts';
import { HEALTH_PROTO, reflectionProto } from './standard-protos.ts';
import { STATUS } from './status.ts';
import { WireReader } from './wire-reader.ts';
import { WireWriter } from './wire-writer.ts';

const FILES: Readonly<Record<string, string>> = {
  'open_inference_grpc.proto': INFERENCE_PROTO,
  'grpc/health/v1/health.proto': HEALTH_PROTO,
  'grpc/reflection/v1/reflection.proto': reflectionProto('v1'),
  'grpc/reflection/v1alpha/reflection.proto': reflectionProto('v1alpha'),
};

/** The standard reflection service, in both versions that clients ask for; its answers are made at the first question. */
export function reflectionMethods(): readonly (readonly [string, Method])[] {
  const method: Method = {
    kind: 'stream',
    open: (call) => {
      // Tools keep this call open for as long as they run.
      call.onLeave = () => call.fail(new RequestError(503, 'the server is stopping'));
      return { accept: (message) => void call.send([answer(message)]), end: () => call.finish() };
    },
  };
  return ['v1', 'v1alpha'].map((version) => [
    `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
    method,
  ]);
}

const FILE_BY_NAME = 3;
const FILE_CONTAINING_SYMBOL = 4;
const EXTENSION_NUMBERS = 6;
const LIST_SERVICES = 7;

let described: ReadonlyMap<string, DescribedFile> | undefined;

function files(): ReadonlyMap<string, DescribedFile> {
  described ??= new Map(Object.entries(FILES).map(([name, text]) => [name, describeProto(name, text)]));
  return described;
}

function answer(message: Buffer): Buffer {
  const reader = new WireReader(message);
  let question = 0;
  let argument = '';
  for (let field = reader.nextField(); field !== 0; field = reader.nextField()) {
    if (field >= FILE_BY_NAME && field <= LIST_SERVICES && field !== 5) {
      question = field;
      argument = reader.text('the question', DEFAULT_LIMITS.stringBytes);
    } else reader.skip();
  }
  const response = new WireWriter(4096).span(2, message);
  return (ANSWERS[question] ?? refuse)(response, argument).finish();
}

type Answer = (response: WireWriter, argument: string) => WireWriter;

const ANSWERS: Readonly<Record<number, Answer>> = {
  [FILE_BY_NAME]: (response, name) => withFile(response, files().get(name), name),
  [FILE_CONTAINING_SYMBOL]: (response, symbol) => {
    const file = [...files().values()].find(({ symbols }) => symbols.has(symbol));
    return withFile(response, file, symbol);
  },
  [EXTENSION_NUMBERS]: (response, type) => response.span(5, new WireWriter().text(1, type).finish()),
  [LIST_SERVICES]: (response) => {
    const list = new WireWriter();
    for (const { services } of files().values())
      for (const name of services) list.span(1, new WireWriter().text(1, name).finish());
    return response.span(6, list.finish());
  },
};

function withFile(response: WireWriter, file: DescribedFile | undefined, argument: string): WireWriter {
  return file ? response.span(4, new WireWriter(4096).span(1, file.bytes).finish()) : refuse(response, argument);
}

function refuse(response: WireWriter, argument: string): WireWriter {
  const error = new WireWriter().integer(1, STATUS.NOT_FOUND).text(2, `not found: "${argument.slice(0, 200)}"`);
  return response.span(7, error.finish());
}
