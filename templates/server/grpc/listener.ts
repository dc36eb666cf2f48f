import {
  createSecureServer,
  createServer,
  type Http2SecureServer,
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { TLS_OPTIONS } from '../access/tls.ts';
import type { Gate } from '../access/tokens.ts';
import { countConnection } from '../garbage.ts';
import type { Trails } from '../observe/trails.ts';
import type { Options } from '../options.ts';
import type { MessageLimits } from './message-reader.ts';
import type { Methods } from './methods.ts';
import { receiveCall } from './receive-call.ts';
import { STATUS } from './status.ts';

export interface GrpcOptions {
  readonly methods: Methods;
  readonly limits: MessageLimits;
  /** Told of every connection and call that begins or ends. */
  readonly onTraffic: () => void;
  /** Told of every call that is over, with its status. */
  readonly onCall: (path: string, status: number) => void;
  readonly trails: Trails;
  /** Whether TLS is spoken; the certificate comes later. */
  readonly secure: boolean;
  /** Who may call; `undefined` for everybody. */
  readonly gate: Gate | undefined;
  readonly options: Pick<
    Options,
    'headerBytes' | 'headersMs' | 'requestMs' | 'silenceMs' | 'connections' | 'callsPerConnection'
  >;
}

/** Bytes that a client may send before they are acknowledged: at HTTP/2's own 64 KiB, a large tensor waits for every round trip. */
const WINDOW_BYTES = 2 ** 20;

/** How long a client has to take note that this connection takes no more calls; far more than its messages need. */
const NOTICE_MS = 1000;

/** How often open calls are looked at while draining. */
const LOOK_MS = 50;

/** gRPC over HTTP/2: connections and their limits; what the calls do is in the methods. */
export class GrpcListener {
  readonly server: Http2Server | Http2SecureServer;
  readonly #options: GrpcOptions['options'];
  readonly #onTraffic: () => void;
  readonly #sessions = new Map<ServerHttp2Session, { calls: number }>();

  constructor({ methods, limits, onTraffic, onCall, trails, secure, gate, options }: GrpcOptions) {
    this.#options = options;
    this.#onTraffic = onTraffic;
    const settings = {
      settings: {
        maxConcurrentStreams: options.callsPerConnection,
        initialWindowSize: WINDOW_BYTES,
        maxHeaderListSize: options.headerBytes,
        enablePush: false,
      },
    };
    this.server = secure ? createSecureServer({ ...settings, ...TLS_OPTIONS }) : createServer(settings);
    this.server.maxConnections = options.connections;
    this.server.on('session', (session) => this.#greet(session as ServerHttp2Session));
    this.server.on('sessionError', () => {});
    const calls = { methods, limits, gate, messageMs: options.requestMs };
    this.server.on('stream', (stream, headers) => {
      onTraffic();
      const entry = stream.session && this.#sessions.get(stream.session as ServerHttp2Session);
      if (entry) {
        entry.calls++;
        stream.once('close', () => {
          entry.calls--;
          onTraffic();
        });
      }
      const path = String(headers[':path'] ?? '');
      const client = stream.session?.socket.remoteAddress;
      const trail = trails.beginCall({ path, client, traceparent: headers.traceparent as string | undefined });
      stream.once('close', () => {
        const status = answeredStatus(stream);
        // Clients must not make up as many series of metrics as they like.
        onCall(methods.has(path) ? path : 'other', status);
        trail?.ended(status);
      });
      receiveCall(stream, headers, calls);
    });
  }

  /** Calls that have begun and are not over. */
  get openRequests(): number {
    let open = 0;
    for (const { calls } of this.#sessions.values()) open += calls;
    return open;
  }

  /**
   * Takes no new connections, tells clients to take their next calls elsewhere, and lets the open ones come to their end. True
   * when none is left, false when `deadlineMs` passed first.
   */
  async drain(deadlineMs: number): Promise<boolean> {
    const end = performance.now() + deadlineMs;
    this.server.close();
    // First only a warning: a call that is already on its way would else be refused.
    for (const session of this.#sessions.keys()) if (!session.destroyed) session.goaway(0, 2 ** 31 - 1);
    // Where nobody is connected, nobody has to take note, and the container stops at once.
    if (this.#sessions.size > 0) await delay(Math.min(NOTICE_MS, deadlineMs));
    for (const session of this.#sessions.keys()) session.close();
    while (this.openRequests > 0) {
      if (performance.now() >= end) return false;
      await delay(LOOK_MS);
    }
    return true;
  }

  #greet(session: ServerHttp2Session): void {
    const entry = { calls: 0 };
    this.#onTraffic();
    this.#sessions.set(session, entry);
    const { headersMs, silenceMs } = this.#options;
    const timer = setTimeout(() => session.destroy(), headersMs).unref();
    session.once('remoteSettings', () => {
      clearTimeout(timer);
      // Not before: the connection's own window is made with the first settings.
      if (!session.destroyed) session.setLocalWindowSize(WINDOW_BYTES * 4);
    });
    session.on('error', () => {});
    session.setTimeout(silenceMs, () => {
      if (entry.calls === 0) session.close();
      else session.destroy();
    });
    session.once('close', () => {
      clearTimeout(timer);
      this.#sessions.delete(session);
      countConnection();
      this.#onTraffic();
    });
  }
}

/** What a call was answered with; CANCELLED where its client went before. */
function answeredStatus({ sentTrailers, sentHeaders }: ServerHttp2Stream): number {
  const status = sentTrailers?.['grpc-status'] ?? sentHeaders?.['grpc-status'];
  return status === undefined ? STATUS.CANCELLED : Number(status);
}

function delay(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
