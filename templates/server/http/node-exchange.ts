import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BodyMeter } from '../job.ts';
import { letGo } from '../let-go.ts';
import { assertServed } from './assert-served.ts';
import type { Exchange, Reply, RequestHead } from './exchange.ts';
import { type ServeOptions, serveRequest } from './serve-request.ts';

/** Serves a request that Node's own HTTP server has read. */
export function serveNodeRequest(request: IncomingMessage, response: ServerResponse, options: ServeOptions): void {
  const collector = serveRequest(new NodeExchange(request, response, options.body.meter), options, () =>
    assertServed(request),
  );
  if (collector === undefined) return;
  if (request.headers.expect !== undefined) response.writeContinue();
  request.on('data', (piece: Buffer) => collector.add(piece));
  request.on('end', () => collector.end());
  request.on('close', () => collector.abandon());
}

class NodeExchange implements Exchange {
  readonly head: RequestHead;
  readonly begunMs = performance.now();
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #meter: BodyMeter;

  constructor(request: IncomingMessage, response: ServerResponse, meter: BodyMeter) {
    const { method = '', url = '', headers } = request;
    const bodyBytes = Number(headers['content-length'] ?? 0);
    this.head = { method, target: originForm(url), headers, bodyBytes };
    this.#request = request;
    this.#response = response;
    this.#meter = meter;
  }

  get connection(): object {
    return this.#request.socket;
  }

  get client(): string | undefined {
    return this.#request.socket.remoteAddress;
  }

  get isWithheld(): boolean {
    return this.#request.headers.expect !== undefined && !this.#request.complete;
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
    if (isLast) all.push('connection', 'close');
    response.writeHead(status, all);
    if (typeof body === 'string') response.end(body);
    else {
      response.cork();
      for (const piece of body) response.write(piece);
      response.end();
      response.uncork();
    }
    if (response.writableLength > 0) this.#holdUnread(response.writableLength);
    return true;
  }

  /** Counts what the client is slow to read, until it has. */
  #holdUnread(bytes: number): void {
    this.#meter.add(bytes);
    this.#response.once('close', () => this.#meter.release(bytes));
  }
}

/** Proxies' clients name the server in the target too, which says nothing here (RFC 9112, section 3.2.2). */
function originForm(target: string): string {
  const [whole = '', rest] = /^https?:\/\/[^/?#]*([^#]*)/i.exec(target) ?? [];
  if (whole === '' || rest === undefined) return target;
  return rest.startsWith('/') ? rest : `/${rest}`;
}
