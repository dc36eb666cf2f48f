import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { https } from '../access/secure-modules.ts';
import { TLS_OPTIONS } from '../access/tls.ts';
import { lendReads } from '../lent-reads.ts';
import type { Options } from '../options.ts';
import { isTurnOver } from '../take-in-turns.ts';
import { MOST_FIELDS } from './assert-served.ts';
import type { Connections } from './connections.ts';
import { LeanConnection } from './lean-connection.ts';
import { serveNodeRequest } from './node-exchange.ts';
import { refuseConnection, refuseTunnel } from './refuse-connection.ts';
import { KEEP_ALIVE_MS } from './render-head.ts';
import type { ServeOptions } from './serve-request.ts';

export interface HttpOptions extends ServeOptions {
  readonly options: Pick<Options, 'headerBytes' | 'headersMs' | 'requestMs' | 'silenceMs' | 'connections'>;
  /** Whether TLS is spoken; the certificate comes later. */
  readonly secure: boolean;
  /** Told of every connection, and of every request on it. */
  readonly connections: Connections;
}

/** What old clients ask for is served in clear text too. */
const ALPNProtocols = ['http/1.1', 'http/1.0'];

/** Connections are looked at for late requests only so often; a share of the time that they have. */
const LATENESS_SHARE = 0.25;

/** The longest time between two looks. */
const LONGEST_LOOK_MS = 30_000;

/** An HTTP server over the routes; not yet listening. */
export function makeHttpServer(options: HttpOptions): Server {
  const { headerBytes, headersMs, requestMs: bodyMs, silenceMs, connections } = options.options;
  const requestMs = Math.max(bodyMs, headersMs);
  const lookMs = Math.min(LONGEST_LOOK_MS, LATENESS_SHARE * Math.min(headersMs, requestMs));
  const settings = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: headerBytes,
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    connectionsCheckingInterval: lookMs,
    noDelay: true,
    // What it would answer is not the protocol's; `assertServed` does.
    requireHostHeader: false,
  };
  const server = options.secure
    ? https().createServer({ ...settings, ...TLS_OPTIONS, ALPNProtocols })
    : createServer(settings);
  server.timeout = silenceMs;
  server.maxHeadersCount = MOST_FIELDS;
  server.maxConnections = connections;
  // Closing the server would end idle connections right away, under requests that are on their way.
  server.closeIdleConnections = () => {};
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    const connection = options.connections.of(socket);
    leaveTurn(socket);
    connection?.begin();
    connection?.responses.add(response);
    response.once('close', () => {
      connection?.responses.delete(response);
      connection?.end();
    });
    serveNodeRequest({ request, response, connection }, options);
  };
  server.on('request', serve);
  server.on('checkContinue', serve);
  server.on('checkExpectation', serve);
  server.on('connect', (_, socket: Socket) => refuseTunnel(socket));
  server.on('clientError', (error, socket: Socket) => {
    const connection = options.connections.of(socket);
    // A second answer would be taken for one to the next request.
    if (connection?.isAnswered) socket.destroySoon();
    // What is broken may stand behind requests that are not: their answers go first.
    else if (connection) connection.whenAnswered(() => refuseConnection(error, socket));
    else refuseConnection(error, socket);
  });
  readLeanly(server, options, { headerBytes, headersMs, requestMs, silenceMs, lookMs });
  return server;
}

/** Has a connection whose reads bring many requests at a time wait where others should have their turn. */
function leaveTurn(socket: Socket): void {
  if (socket.isPaused() || !isTurnOver()) return;
  const { resume } = socket;
  // At the end of each request Node has its socket go on.
  socket.resume = () => socket;
  socket.pause();
  setImmediate(() => {
    socket.resume = resume;
    socket.resume();
  });
}

interface LeanLimits {
  readonly headerBytes: number;
  readonly headersMs: number;
  readonly requestMs: number;
  readonly silenceMs: number;
  /** Between two looks for late requests. */
  readonly lookMs: number;
}

/** Puts the lean reader before Node's own, which gets the connections that are not for it. */
function readLeanly(server: Server, serve: HttpOptions, { lookMs, ...limits }: LeanLimits): void {
  // Over TLS requests know the socket that they are read from, which is another than the one that was accepted.
  const event = serve.secure ? 'secureConnection' : 'connection';
  const own = server.listeners(event);
  server.removeAllListeners(event);
  const lean = new Set<LeanConnection>();
  server.on(event, (accepted: Socket) => {
    const lent = serve.secure ? undefined : lendReads(accepted);
    const socket = lent?.socket ?? accepted;
    const made = new LeanConnection(socket, serve.connections.add(socket), {
      ...limits,
      serve,
      lent,
      passOn: () => {
        lean.delete(made);
        for (const listener of own) listener.call(server, socket);
      },
    });
    lean.add(made);
    socket.once('close', () => lean.delete(made));
  });
  const look = (): void => {
    const now = performance.now();
    for (const connection of lean) connection.closeIfLate(now);
  };
  server.once('listening', () => setInterval(look, lookMs).unref());
}
