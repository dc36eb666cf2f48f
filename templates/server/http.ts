import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Socket } from 'node:net';
import { TLS_OPTIONS } from './access/tls.ts';
import type { Gate } from './access/tokens.ts';
import { acceptedCoding, type Coding, compress, LEAST_COMPRESSED_BYTES } from './content-coding.ts';
import type { RunFacts } from './job.ts';
import { letGo } from './let-go.ts';
import { logProblem } from './log.ts';
import type { Trail, Trails } from './observe/trails.ts';
import type { Options } from './options.ts';
import { type BodyLimits, collectBody, readBodyFacts } from './request-body.ts';
import { RequestError, renderError } from './request-error.ts';
import { type Answer, type Caller, findRoute, type Routes } from './router.ts';

export interface HttpOptions {
  readonly routes: Routes;
  readonly body: BodyLimits;
  readonly options: Pick<Options, 'headerBytes' | 'headersMs' | 'requestMs' | 'silenceMs' | 'connections'>;
  /** Whether answers close their connection, because the server is on its way out. */
  readonly isClosing: () => boolean;
  /** Told of every answer, and how long its request took from its headers on. */
  readonly onAnswer: (method: string, status: number, milliseconds: number) => void;
  readonly trails: Trails;
  /** Whether TLS is spoken; the certificate comes later. */
  readonly secure: boolean;
  /** Who may call; `undefined` for everybody. */
  readonly gate: Gate | undefined;
}

/** Longer than the 60 s that load balancers keep an idle connection, so that it is they who close it, never under a request. */
const KEEP_ALIVE_MS = 75_000;

/** Most header fields of a request. Proxies add a handful each to a client's dozen. */
const MOST_HEADERS = 200;

/** Node looks for requests that are late only so often; a share of the time that they have. */
const LATENESS_SHARE = 0.25;

/** An HTTP server over the routes; not yet listening. */
export function makeHttpServer(options: HttpOptions): Server {
  const { headerBytes, headersMs, requestMs, silenceMs, connections } = options.options;
  const settings = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: headerBytes,
    headersTimeout: headersMs,
    requestTimeout: Math.max(requestMs, headersMs),
    connectionsCheckingInterval: Math.min(30_000, LATENESS_SHARE * Math.min(headersMs, requestMs)),
    noDelay: true,
  };
  const server = options.secure ? createSecureServer({ ...settings, ...TLS_OPTIONS }) : createServer(settings);
  server.timeout = silenceMs;
  server.maxHeadersCount = MOST_HEADERS;
  server.maxConnections = connections;
  server.on('request', (request, response) => serve(request, response, options));
  server.on('checkContinue', (request, response) => serve(request, response, options));
  server.on('clientError', refuseConnection);
  return server;
}

function serve(request: IncomingMessage, response: ServerResponse, options: HttpOptions): void {
  const caller = new HttpCaller(request, response, options);
  try {
    if (options.gate && !isPublic(request.url ?? '')) options.gate.assertAllowed(request.headers.authorization);
    const route = findRoute(options.routes, request.method ?? '', request.url ?? '');
    if (route.method === 'GET') {
      caller.answer(route.answer());
      return;
    }
    route.assertOpen();
    const facts = readBodyFacts(request, options.body.limitBytes);
    if (request.headers.expect !== undefined) response.writeContinue();
    collectBody(request, { facts, limits: options.body }, (body) => {
      if (body instanceof RequestError) caller.fail(body);
      else accept(() => route.accept(body, caller), caller);
    });
  } catch (error) {
    caller.fail(error);
  }
}

/** What needs no token: orchestrators' probes have none, and the page holds no facts of the model. */
const PUBLIC: ReadonlySet<string> = new Set(['/', '/v2/health/live', '/v2/health/ready']);

function isPublic(target: string): boolean {
  return PUBLIC.has(target.split('?', 1)[0] ?? '');
}

function accept(work: () => void, caller: Caller): void {
  try {
    work();
  } catch (error) {
    caller.fail(error);
  }
}

/** Answers of the server that are no news to it. */
const QUIET: ReadonlySet<number> = new Set([501, 503, 504]);

class HttpCaller implements Caller {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #options: HttpOptions;
  readonly #begunMs = performance.now();
  readonly #trail: Trail | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, options: HttpOptions) {
    this.#request = request;
    this.#response = response;
    this.#options = options;
    this.#trail = options.trails.begin(request);
  }

  noteRun(facts: RunFacts): void {
    this.#trail?.ran(facts);
  }

  get connection(): object {
    return this.#request.socket;
  }

  isWaiting(): boolean {
    return !this.#response.destroyed;
  }

  answer(answer: Answer): void {
    const coding = this.#coding(answer.body);
    if (coding === undefined) this.#send(answer, answer.body);
    else {
      compress(joined(answer.body), coding).then(
        (bytes) => this.#send(answer, [bytes], coding),
        (error: unknown) => this.fail(error),
      );
    }
  }

  /** How an answer is compressed: as its client accepts it, where it is large enough to gain by it. */
  #coding(body: Answer['body']): Coding | undefined {
    const accepted = this.#request.headers['accept-encoding'];
    if (accepted === undefined || bytesOf(body) < LEAST_COMPRESSED_BYTES) return undefined;
    return acceptedCoding(accepted as string);
  }

  #send(answer: Answer, body: Answer['body'], coding?: Coding): void {
    const { status, headers, contentType = 'application/json', spent } = answer;
    const response = this.#response;
    if (response.destroyed || response.headersSent) return;
    // Only then the system has taken all of it; an answer that breaks off is left to V8.
    if (spent !== undefined) response.once('finish', () => spent.forEach(letGo));
    this.#options.onAnswer(this.#request.method ?? '', status, performance.now() - this.#begunMs);
    this.#trail?.ended(status);
    const bytes = bytesOf(body);
    const fields: (string | number)[] = ['content-length', bytes];
    if (bytes > 0) fields.push('content-type', contentType);
    if (coding !== undefined) fields.push('content-encoding', coding);
    for (const name in headers) fields.push(name, headers[name] ?? '');
    if (this.#trail !== undefined) fields.push('traceparent', this.#trail.traceparent);
    if (this.#mustClose()) fields.push('connection', 'close');
    response.writeHead(status, fields as string[]);
    if (typeof body === 'string') response.end(body);
    else {
      response.cork();
      for (const piece of body) response.write(piece);
      response.end();
      response.uncork();
    }
    if (response.writableLength > 0) this.#holdUnread(response.writableLength);
  }

  /** Counts what the client is slow to read, until it has. */
  #holdUnread(bytes: number): void {
    const { meter } = this.#options.body;
    meter.add(bytes);
    this.#response.once('close', () => meter.release(bytes));
  }

  fail(error: unknown): void {
    if (error instanceof RequestError) {
      this.answer({ status: error.status, body: renderError(error.message), headers: error.headers });
      if (error.status < 500 || QUIET.has(error.status)) return;
      logProblem(error.message);
    } else {
      // A defect of this program: the log gets all of it, the client nothing that it could use.
      logProblem(error instanceof Error ? (error.stack ?? error.message) : String(error));
      this.answer({ status: 500, body: renderError('internal error') });
    }
  }

  /** A client that waits for leave to send its body may send it or not after a refusal, so its connection has no next request. */
  #mustClose(): boolean {
    return this.#options.isClosing() || (this.#request.headers.expect !== undefined && !this.#request.complete);
  }
}

function bytesOf(body: Answer['body']): number {
  if (typeof body === 'string') return Buffer.byteLength(body);
  let bytes = 0;
  for (const piece of body) bytes += piece.length;
  return bytes;
}

function joined(body: Answer['body']): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body) : Buffer.concat(body);
}

/** What cannot be read as HTTP gets the protocol's kind of error too, and the connection is closed. */
function refuseConnection(error: NodeJS.ErrnoException, socket: Socket): void {
  // Where TLS has failed there is nothing to write an answer into.
  if (!socket.writable || error.code === 'ECONNRESET' || /^(?:ERR_SSL|ERR_TLS|EPROTO)/.test(error.code ?? '')) {
    socket.destroy();
    return;
  }
  const { status, message } = CONNECTION_ERRORS[error.code ?? ''] ?? { status: '400 Bad Request', message: 'not HTTP' };
  const body = renderError(message);
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
}

const CONNECTION_ERRORS: Readonly<Record<string, { readonly status: string; readonly message: string }>> = {
  HPE_HEADER_OVERFLOW: { status: '431 Request Header Fields Too Large', message: 'the headers are too large' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: '408 Request Timeout', message: 'the request took too long to arrive' },
};
