import type { Gate } from '../access/tokens.ts';
import { codingOf } from '../content-coding.ts';
import type { RequestHead } from '../http2/request-head.ts';
import type { Fields, Http2Stream, Receiver } from '../http2/stream.ts';
import { RequestError } from '../request-error.ts';
import type { Call } from './call.ts';
import { Intake, type IntakeOptions } from './intake.ts';
import type { Method, Methods } from './methods.ts';
import { parseTimeout } from './timeout.ts';

export interface CallOptions extends IntakeOptions {
  readonly methods: Methods;
  readonly gate: Gate | undefined;
  /** What is said where no gRPC is spoken. */
  readonly wrongDoor: () => string;
}

/** Takes a call in: finds its method and gives what becomes of its messages. What is no gRPC is answered as HTTP does. */
export function receiveCall(
  { call, stream, head }: { readonly call: Call; readonly stream: Http2Stream; readonly head: RequestHead },
  options: CallOptions,
): Receiver {
  if (head.method !== 'POST' || !SPOKEN_TYPE.test(head.contentType ?? '')) {
    refuseAsHttp(stream, head, options.wrongDoor());
    return new Refused(call);
  }
  try {
    const { path = '' } = head;
    if (head.isTooLarge) throw new RequestError(431, 'the headers are larger than this server takes');
    if (options.gate && !PUBLIC.test(path)) options.gate.assertAllowed(head.authorization);
    const method = findMethod(options.methods, path);
    call.coding = codingOf(head.encoding, 'grpc-encoding');
    // Most clients say of every call which codings they read; one that has packed its own request wants the answer so, if it can read it.
    if (call.coding !== undefined && reads(head.acceptEncoding, call.coding)) call.answerCoding = call.coding;
    const timeoutMs = parseTimeout(head.timeout);
    if (timeoutMs !== null) call.deadlineMs = performance.now() + timeoutMs;
    if (method.kind === 'unary') method.assertOpen?.();
    return new Intake(call, method, options);
  } catch (error) {
    call.fail(error);
    return new Refused(call);
  }
}

/** Of messages in protocol buffers; gRPC-Web (`application/grpc-web`) has another frame and JSON another form. */
const SPOKEN_TYPE = /^application\/grpc(?:\+(?!json\b)[\w.-]+)?\s*(?:;|$)/i;

function refuseAsHttp(stream: Http2Stream, { method }: RequestHead, why: string): void {
  const facts: Fields =
    method === 'POST'
      ? [[':status', '415']]
      : [
          [':status', '405'],
          ['allow', 'POST'],
        ];
  const head: Fields = [...facts, ['content-type', 'text/plain']];
  if (method === 'HEAD') stream.refuse(head);
  else {
    const text = Buffer.from(why);
    stream.open(head);
    stream.write([text], text.length);
    stream.end([]);
  }
}

/** What needs no token: orchestrators' probes have none. */
const PUBLIC = /^\/(?:grpc\.health\.v1\.Health\/|inference\.GRPCInferenceService\/Server(?:Live|Ready)$)/;

function reads(header: string | undefined, coding: string): boolean {
  return header?.split(',').some((name) => name.trim().toLowerCase() === coding) ?? false;
}

function findMethod(methods: Methods, path: string): Method {
  const method = methods.get(path);
  if (method) return method;
  throw new RequestError(501, `nothing at ${path}; the reflection service tells what there is`);
}

/** Of a call that has its answer before its body has come: nobody wants that. */
class Refused implements Receiver {
  readonly #call: Call;

  constructor(call: Call) {
    this.#call = call;
  }

  take(): undefined {}
  end(): void {}
  drained(): void {}
  checkTime(): void {}

  close(isAnswered: boolean): void {
    this.#call.close(isAnswered);
  }
}
