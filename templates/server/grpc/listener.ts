import { createServer, type Server, type Socket } from 'node:net';
import { acceptBacklog } from '../accept-backlog.ts';
import { tls } from '../access/secure-modules.ts';
import { TLS_OPTIONS } from '../access/tls.ts';
import type { Gate } from '../access/tokens.ts';
import { busyTime } from '../busy-time.ts';
import { countConnection } from '../garbage.ts';
import { type ConnectionOptions, Http2Connection } from '../http2/connection.ts';
import { Places } from '../http2/places.ts';
import type { RequestHead } from '../http2/request-head.ts';
import type { Http2Stream, Receiver } from '../http2/stream.ts';
import { lendReads } from '../lent-reads.ts';
import type { Trails } from '../observe/trails.ts';
import type { Options } from '../options.ts';
import { RequestError } from '../request-error.ts';
import { DeadlineWatch } from '../scheduling/deadline-watch.ts';
import { Call } from './call.ts';
import type { MessageLimits } from './message-reader.ts';
import type { Methods } from './methods.ts';
import { type CallOptions, receiveCall } from './receive-call.ts';
import { renderWrongDoor, sayWrongDoor } from './wrong-door.ts';

export interface GrpcOptions {
  readonly methods: Methods;
  readonly limits: MessageLimits;
  /** Told of every connection and call that begins or ends. */
  readonly onTraffic: () => void;
  /** Told of every call that is over, with its status. */
  readonly onCall: (path: string, status: number) => void;
  readonly trails: Trails;
  /** The port of HTTP, for clients that have taken this one for it. */
  readonly httpPort: () => number;
  /** Whether TLS is spoken; the certificate comes later. */
  readonly secure: boolean;
  /** Who may call; `undefined` for everybody. */
  readonly gate: Gate | undefined;
  readonly options: Pick<
    Options,
    'headerBytes' | 'headersMs' | 'requestMs' | 'silenceMs' | 'connections' | 'calls' | 'callsPerConnection'
  >;
}

/** How long a client has to take note that this connection takes no more calls; far more than its messages need. */
const NOTICE_MS = 1000;

/**
 * How long nothing may have been under way on a stream of requests before it is ended from this side, which clients keep open for as
 * long as they run. As with connections of HTTP, one that is on its way must not be hit.
 */
const QUIET_MS = 1000;

/** How often open calls and connections are looked at while draining. */
const LOOK_MS = 20;

/** How long clients have to close their connections once all is answered. */
const CLOSING_MS = 500;

/** Connections are looked at for what is late only so often; a share of the time that they have. */
const LATENESS_SHARE = 0.25;

/** The longest time between two looks. */
const LONGEST_LOOK_MS = 30_000;

/** gRPC over HTTP/2: connections and their limits; what the calls do is in the methods. */
export class GrpcListener {
  readonly server: Server;
  readonly #options: GrpcOptions;
  readonly #callOptions: CallOptions;
  readonly #connections = new Set<Http2Connection>();
  readonly #calls = new Set<Call>();
  readonly #deadlines = new DeadlineWatch(() => this.#endLateCalls());

  constructor(all: GrpcOptions) {
    const { methods, limits, gate, secure, options } = all;
    this.#options = all;
    const wrongDoor = (): string => sayWrongDoor(all.httpPort());
    this.#callOptions = { methods, limits, gate, messageMs: options.requestMs, wrongDoor };
    const connectionOptions: ConnectionOptions = {
      headerBytes: options.headerBytes,
      streams: options.callsPerConnection,
      places: new Places(options.calls),
      headersMs: options.headersMs,
      silenceMs: options.silenceMs,
      meter: limits.meter,
      answerToHttp1: () => renderWrongDoor(wrongDoor()),
      onTraffic: all.onTraffic,
      onRequest: (stream, head) => this.#begin(stream, head),
    };
    const greet = (socket: Socket): void => this.#greet(socket, connectionOptions);
    this.server = secure
      ? tls().createServer({ ...TLS_OPTIONS, ALPNProtocols: ['h2'], noDelay: true }, greet)
      : createServer({ noDelay: true }, greet);
    this.server.maxConnections = options.connections;
    const lookMs = Math.min(LONGEST_LOOK_MS, LATENESS_SHARE * Math.min(options.headersMs, options.requestMs));
    this.server.once('listening', () => setInterval(() => this.#checkTime(), lookMs).unref());
  }

  /** Calls that have begun and have to come to their end. */
  get openRequests(): number {
    let open = 0;
    for (const { onLeave } of this.#calls) if (onLeave === undefined) open++;
    return open;
  }

  /**
   * Takes no new connections, tells clients to take their next calls elsewhere, and lets the open ones come to their end. True
   * when none is left, false when `deadlineMs` passed first.
   */
  async drain(deadlineMs: number): Promise<boolean> {
    const end = performance.now() + deadlineMs;
    await acceptBacklog(this.server);
    this.server.close();
    // First only a warning: a call that is already on its way would else be refused.
    const noted = [...this.#connections].map((connection) => new Promise<void>((done) => connection.warn(done)));
    await Promise.race([Promise.all(noted), delay(Math.min(NOTICE_MS, deadlineMs))]);
    for (const { onLeave } of this.#calls) onLeave?.();
    for (const connection of this.#connections) connection.leave();
    const leftMs = performance.now();
    const stopMs = leftMs + busyTime(deadlineMs);
    while (this.openRequests > 0) {
      if (performance.now() >= end) return false;
      if (performance.now() < stopMs) this.#endQuietCalls(leftMs);
      else for (const call of this.#calls) call.stop?.();
      await delay(LOOK_MS);
    }
    const closed = Math.min(end, performance.now() + CLOSING_MS);
    while (this.#connections.size > 0 && performance.now() < closed) await delay(LOOK_MS);
    return true;
  }

  /** Ends the calls of several requests on which nothing has moved since `leftMs`, and for long. */
  #endQuietCalls(leftMs: number): void {
    const since = performance.now() - QUIET_MS;
    for (const call of this.#calls) {
      const { quietSinceMs } = call;
      if (quietSinceMs === undefined || Math.max(quietSinceMs, leftMs) > since || isComingIn(call)) continue;
      call.fail(new RequestError(503, 'the server is stopping'));
    }
  }

  #greet(accepted: Socket, options: ConnectionOptions): void {
    const lent = lendReads(accepted);
    const socket = lent?.socket ?? accepted;
    const connection = new Http2Connection(socket, options, lent);
    this.#connections.add(connection);
    this.#options.onTraffic();
    socket.once('close', () => {
      this.#connections.delete(connection);
      countConnection();
      this.#options.onTraffic();
    });
  }

  #begin(stream: Http2Stream, head: RequestHead): Receiver {
    const { methods, trails, onCall } = this.#options;
    const call = new Call(stream);
    const { path = '' } = head;
    const trail = trails.beginCall({ path, client: stream.client, traceparent: head.traceparent });
    if (trail !== undefined) call.onRun = (facts) => trail.ran(facts);
    this.#calls.add(call);
    call.onEnd = () => {
      this.#calls.delete(call);
      // Clients must not make up as many series of metrics as they like.
      onCall(methods.has(path) ? path : 'other', call.status);
      trail?.ended(call.status);
    };
    const receiver = receiveCall({ call, stream, head }, this.#callOptions);
    if (call.deadlineMs !== null) this.#deadlines.watch(call.deadlineMs);
    return receiver;
  }

  /** Gives the soonest deadline of the calls that are left. */
  #endLateCalls(): number {
    const now = performance.now();
    let soonest = Number.POSITIVE_INFINITY;
    for (const call of this.#calls) {
      const { deadlineMs } = call;
      if (deadlineMs === null) continue;
      if (deadlineMs <= now) call.fail(new RequestError(504, 'the deadline has passed'));
      else soonest = Math.min(soonest, deadlineMs);
    }
    return soonest;
  }

  #checkTime(): void {
    const now = performance.now();
    for (const connection of this.#connections) connection.checkTime(now);
  }
}

function isComingIn({ isMidway, isInflating }: Call): boolean {
  return isMidway?.() === true || isInflating?.() === true;
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
