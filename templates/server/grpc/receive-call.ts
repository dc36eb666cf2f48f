import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { Gate } from '../access/tokens.ts';
import { codingOf } from '../content-coding.ts';
import { badRequest, RequestError } from '../request-error.ts';
import { Call } from './call.ts';
import { type MessageLimits, MessageReader } from './message-reader.ts';
import type { Conversation, Method, Methods } from './methods.ts';

export interface CallOptions {
  readonly methods: Methods;
  readonly limits: MessageLimits;
  readonly gate: Gate | undefined;
  /** Longest time from a message's beginning to its last byte. */
  readonly messageMs: number;
}

/** Takes a call in: finds its method, cuts its bytes into messages and hands them on. */
export function receiveCall(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, options: CallOptions): Call {
  const call = new Call(stream);
  stream.on('error', () => {});
  const type = headers['content-type'] ?? '';
  if (headers[':method'] !== 'POST' || !type.startsWith('application/grpc')) {
    stream.respond({ ':status': headers[':method'] === 'POST' ? 415 : 405 }, { endStream: true });
    stream.resume();
    return call;
  }
  try {
    const path = headers[':path'] ?? '';
    if (options.gate && !PUBLIC.test(path)) options.gate.assertAllowed(headers.authorization);
    const method = findMethod(options.methods, path);
    call.coding = codingOf(headers['grpc-encoding'] as string | undefined, 'grpc-encoding');
    call.setDeadline(headers['grpc-timeout']);
    if (method.kind === 'unary') method.assertOpen?.();
    new Intake(call, method, options).start();
  } catch (error) {
    call.fail(error);
  }
  return call;
}

/** What needs no token: orchestrators' probes have none. */
const PUBLIC = /^\/(?:grpc\.health\.v1\.Health\/|inference\.GRPCInferenceService\/Server(?:Live|Ready)$)/;

function findMethod(methods: Methods, path: string): Method {
  const method = methods.get(path);
  if (method) return method;
  throw new RequestError(501, `nothing at ${path}; the reflection service tells what there is`);
}

/** The messages of one call on their way in. */
class Intake {
  readonly #call: Call;
  readonly #method: Method;
  readonly #messages: MessageReader;
  readonly #messageMs: number;
  #conversation: Conversation | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Messages that are being inflated, so that the next ones do not overtake them. */
  #inflating: Promise<void> | undefined;
  #complete = false;

  constructor(call: Call, method: Method, { limits, messageMs }: CallOptions) {
    this.#call = call;
    this.#method = method;
    this.#messages = new MessageReader(limits, call.coding);
    this.#messageMs = messageMs;
  }

  start(): void {
    const { stream } = this.#call;
    if (this.#method.kind === 'stream') this.#conversation = this.#method.open(this.#call);
    else this.#watch(true);
    stream.on('data', (piece: Buffer) => this.#guard(() => this.#take(piece)));
    stream.on('end', () => this.#guard(() => this.#end()));
    stream.once('close', () => {
      clearTimeout(this.#timer);
      this.#messages.drop();
    });
  }

  #take(piece: Buffer): void {
    // A second message of a call that has only one is nothing to anybody.
    if (this.#complete) return;
    this.#messages.push(piece, (message, compressed) => this.#deliver(message, compressed));
    this.#watch(this.#messages.isHalfWay || (this.#method.kind === 'unary' && !this.#complete));
  }

  #deliver(message: Buffer, compressed: boolean): void {
    if (this.#complete) return;
    if (this.#method.kind === 'unary') this.#complete = true;
    if (!compressed && this.#inflating === undefined) {
      this.#accept(message);
      return;
    }
    const before = this.#inflating ?? Promise.resolve();
    const work = before.then(async () => {
      const bytes = compressed ? await this.#messages.inflate(message) : message;
      if (this.#call.isWaiting()) this.#accept(bytes);
    });
    this.#inflating = work.catch((error: unknown) => this.#call.fail(error));
  }

  #accept(message: Buffer): void {
    try {
      if (this.#method.kind === 'unary') this.#method.accept(message, this.#call);
      else this.#conversation?.accept(message);
    } finally {
      this.#messages.release();
    }
  }

  #end(): void {
    if (this.#messages.isHalfWay) throw badRequest('the call ended in the middle of a message');
    if (this.#method.kind === 'unary') {
      if (!this.#complete) throw badRequest('the call ended without a message');
    } else if (this.#inflating) this.#inflating.then(() => this.#conversation?.end());
    else this.#conversation?.end();
  }

  #guard(work: () => void): void {
    try {
      if (this.#call.isWaiting()) work();
    } catch (error) {
      this.#call.fail(error);
      this.#messages.drop();
    }
  }

  /** Sees to it that a message that has begun, or has to come, comes to its end. */
  #watch(wanted: boolean): void {
    if (!wanted) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else
      this.#timer ??= setTimeout(() => {
        this.#call.fail(new RequestError(408, 'the message took too long to arrive'));
        this.#messages.drop();
      }, this.#messageMs).unref();
  }
}
