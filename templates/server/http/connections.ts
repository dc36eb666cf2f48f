import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server, Socket } from 'node:net';
import { acceptBacklog } from '../accept-backlog.ts';
import { busyTime } from '../busy-time.ts';
import { countConnection } from '../garbage.ts';

/** How often open connections are looked at while draining. */
const LOOK_MS = 50;

/**
 * How long a connection must have been silent before it is closed from this side. Closing at once would hit a request that
 * is on its way, which its client could not tell from one that was lost.
 */
const QUIET_MS = 1000;

/** What is known of one connection. */
export class Connection {
  /** Requests that wait for their answer. */
  open = 0;
  /** Whether it is to take no more requests, and to close with the answer to the last. */
  isStopping = false;
  /** To requests that Node's reader has at least the heads of, in their order, until they are out. */
  readonly responses = new Set<ServerResponse>();
  /** The last request of Node's reader that was answered before all of it had come in. */
  answeredEarly: IncomingMessage | undefined;
  readonly #socket: Socket;
  readonly #onTraffic: () => void;
  #bytesSeen = 0;
  #quietSince = 0;
  #onAnswered: (() => void) | undefined;

  constructor(socket: Socket, onTraffic: () => void) {
    this.#socket = socket;
    this.#onTraffic = onTraffic;
  }

  /** A request has begun to come in. */
  begin(): void {
    this.#onTraffic();
    this.open++;
  }

  /** So many requests have been answered, or their client has gone. */
  end(count = 1): void {
    this.open -= count;
    if (this.#onAnswered !== undefined && this.#unanswered === 0) this.#onAnswered();
  }

  /** Calls back once, when every request that has come in whole is answered. */
  whenAnswered(done: () => void): void {
    this.#onAnswered = () => {
      this.#onAnswered = undefined;
      done();
    };
    if (this.#unanswered === 0) this.#onAnswered();
  }

  /** Whether what comes in belongs to a request that has its answer. */
  get isAnswered(): boolean {
    return this.answeredEarly?.complete === false;
  }

  /** The last request of Node's reader, while it is under way. */
  get #newest(): IncomingMessage | undefined {
    return [...this.responses].at(-1)?.req;
  }

  get #unanswered(): number {
    return this.open - (this.#newest?.complete === false ? 1 : 0);
  }

  /** Has it take no more requests, if it is not in the middle of one; asked again and again. */
  stop(): void {
    this.isStopping = true;
    if (this.#newest?.complete === true) this.#socket.pause();
  }

  noteQuiet(nowMs: number): void {
    this.#quietSince = nowMs;
  }

  closeIfQuiet(nowMs: number): void {
    const { bytesRead } = this.#socket;
    if (this.open > 0 || bytesRead !== this.#bytesSeen) {
      this.#bytesSeen = bytesRead;
      this.#quietSince = nowMs;
    } else if (nowMs - this.#quietSince >= QUIET_MS) this.#socket.destroySoon();
  }
}

/** Follows a server's connections so that it can stop without losing a request. */
export class Connections {
  readonly #connections = new Map<Socket, Connection>();
  readonly #onTraffic: () => void;

  /** `onTraffic` is told of every connection and request that begins or ends. */
  constructor(onTraffic: () => void) {
    this.#onTraffic = onTraffic;
  }

  /** Follows a connection until it is closed. */
  add(socket: Socket): Connection {
    this.#onTraffic();
    const connection = new Connection(socket, this.#onTraffic);
    this.#connections.set(socket, connection);
    socket.once('close', () => {
      this.#onTraffic();
      countConnection();
      this.#connections.delete(socket);
    });
    return connection;
  }

  of(socket: Socket): Connection | undefined {
    return this.#connections.get(socket);
  }

  /** Requests that have been received, at least in part, and not answered. */
  get openRequests(): number {
    let open = 0;
    for (const connection of this.#connections.values()) open += connection.open;
    return open;
  }

  /**
   * Takes no new connections, and lets each that is open go once it has been silent for a while; answers given meanwhile are
   * expected to close theirs, if no other request waits behind them. Where there is always one, no more are taken after a while.
   * True when none is left, false when `deadlineMs` passed first.
   */
  async drain(server: Server, deadlineMs: number): Promise<boolean> {
    const begun = performance.now();
    await acceptBacklog(server);
    server.close();
    const closed = performance.now();
    for (const connection of this.#connections.values()) connection.noteQuiet(closed);
    while (this.#connections.size > 0) {
      const now = performance.now();
      if (now - begun >= deadlineMs) return false;
      const isEnough = now - closed >= busyTime(deadlineMs);
      for (const connection of this.#connections.values()) {
        if (isEnough) connection.stop();
        connection.closeIfQuiet(now);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return true;
  }
}
