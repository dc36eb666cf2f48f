import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BodyMeter } from '../job.ts';
import { letGo } from '../let-go.ts';
import { assertServed } from './assert-served.ts';
import type { Connection } from './connections.ts';
import type { Exchange, Reply, RequestHead } from './exchange.ts';
import { type ServeOptions, serveRequest } from './serve-request.ts';

/** A request that Node's own HTTP server has read. */
export interface NodeRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly connection: Connection | undefined;
}

export function serveNodeRequest(read: NodeRequest, options: ServeOptions): void {
  const { request, response } = read;
  const collector = serveRequest(new NodeExchange(read, options.body.meter), options, () => assertServed(request));
  if (collector === undefined) {
    request.resume();
    return;
  }
  if (isExpecting(request)) response.writeContinue();
  request.on('data', (piece: Buffer) => collector.add(piece));
  request.on('end', () => collector.end());
  request.on('close', () => collector.abandon());
}

class NodeExchange implements Exchange {
  readonly head: RequestHead;
  readonly begunMs = performance.now();
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #connection: Connection | undefined;
  readonly #meter: BodyMeter;

  constructor({ request, response, connection }: NodeRequest, meter: BodyMeter) {
    const { method = '', url = '', headers } = request;
    const bodyBytes = Number(headers['content-length'] ?? 0);
    this.head = { method, target: originForm(url), headers, bodyBytes };
    this.#request = request;
    this.#response = response;
    this.#connection = connection;
    this.#meter = meter;
  }

  get connection(): object {
    return this.#request.socket;
  }

  get client(): string | undefined {
    return this.#request.socket.remoteAddress;
  }

  get isWithheld(): boolean {
    return isExpecting(this.#request) && !this.#request.complete;
  }

  isWaiting(): boolean {
    return !this.#response.destroyed;
  }

  send({ status, fields, body, bytes, spent, isLast }: Reply): boolean {
    const response = this.#response;
    if (response.destroyed || response.headersSent) return false;
    // Only then the system has taken all of it; an answer that breaks off is left to V8.
    if (spent !== undefined) response.once('finish', () => spent.forEach(letGo));
    const all = ['content-length', String(bytes), ...fields];
    if (isLast && (this.isWithheld || !this.#hasOthers)) all.push('connection', 'close');
    if (this.#connection && !this.#request.complete) this.#connection.answeredEarly = this.#request;
    const isLingering = this.#isLingering(all);
    response.writeHead(status, all);
    if (typeof body === 'string' && !isLingering) response.end(body);
    else {
      response.cork();
      for (const piece of typeof body === 'string' ? [body] : body) response.write(piece);
      if (isLingering) this.#request.once('close', () => response.end());
      else response.end();
      response.uncork();
    }
    if (response.writableLength > 0) this.#holdUnread(response.writableLength);
    return true;
  }

  /**
   * Whether the rest of the request has to be read before the connection closes: what is closed on bytes that nobody has read is reset, and
   * clients that are still sending do not get to see their answer (RFC 9112, section 9.6).
   */
  #isLingering(fields: readonly string[]): boolean {
    if (this.#request.complete || this.isWithheld) return false;
    return !this.#response.shouldKeepAlive || fields.includes('connection');
  }

  /** Whether other requests wait, which would get no answer on a connection that closes. */
  get #hasOthers(): boolean {
    for (const other of this.#connection?.responses ?? []) {
      if (other !== this.#response && !other.headersSent) return true;
    }
    return false;
  }

  /** Counts what the client is slow to read, until it has. */
  #holdUnread(bytes: number): void {
    this.#meter.add(bytes);
    this.#response.once('close', () => this.#meter.release(bytes));
  }
}

/** Old versions know no leave to send a body (RFC 9110, section 10.1.1). */
function isExpecting({ headers, httpVersion }: IncomingMessage): boolean {
  return headers.expect !== undefined && httpVersion !== '1.0';
}

/** Proxies' clients name the server in the target too, which says nothing here (RFC 9112, section 3.2.2). */
function originForm(target: string): string {
  const [whole = '', rest] = /^https?:\/\/[^/?#]*([^#]*)/i.exec(target) ?? [];
  if (whole === '' || rest === undefined) return target;
  return rest.startsWith('/') ? rest : `/${rest}`;
}
