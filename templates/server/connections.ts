import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { countConnection } from './garbage.ts';

/** How often open connections are looked at while draining. */
const LOOK_MS = 50;

/**
 * How long a connection must have been silent before it is closed from this side. Closing at once would hit a request that
 * is on its way, which its client could not tell from one that was lost.
 */
const QUIET_MS = 1000;

/** Turns of the loop without a new connection after which the kernel holds none. */
const BACKLOG_QUIET_TURNS = 5;

/** Longest time for that, should new ones never cease to come; it counts against the grace period. */
const BACKLOG_MS = 2000;

interface Connection {
  /** Requests that wait for their answer. */
  open: number;
  bytesSeen: number;
  quietSince: number;
}

/** Follows a server's connections so that it can stop without losing a request. */
export class Connections {
  readonly #server: Server;
  readonly #connections = new Map<Socket, Connection>();

  /** `onTraffic` is told of every connection and request that begins or ends. */
  constructor(server: Server, onTraffic: () => void) {
    this.#server = server;
    // Requests know the socket that they are read from, which over TLS is another than the one that was accepted.
    server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
      onTraffic();
      this.#connections.set(socket, { open: 0, bytesSeen: 0, quietSince: 0 });
      socket.once('close', () => {
        onTraffic();
        countConnection();
        this.#connections.delete(socket);
      });
    });
    for (const event of ['request', 'checkContinue']) {
      server.on(event, ({ socket }, response) => {
        const connection = this.#connections.get(socket);
        if (connection === undefined) return;
        onTraffic();
        connection.open++;
        response.once('close', () => connection.open--);
      });
    }
  }

  /** Requests that have been received, at least in part, and not answered. */
  get openRequests(): number {
    let open = 0;
    for (const connection of this.#connections.values()) open += connection.open;
    return open;
  }

  /**
   * Takes no new connections, and lets each that is open go once it has been silent for a while; answers given meanwhile are
   * expected to close theirs. True when none is left, false when `deadlineMs` passed first.
   */
  async drain(deadlineMs: number): Promise<boolean> {
    const begun = performance.now();
    await this.#acceptBacklog();
    // Node would close idle connections right away.
    this.#server.closeIdleConnections = () => {};
    this.#server.close();
    const closed = performance.now();
    for (const connection of this.#connections.values()) connection.quietSince = closed;
    while (this.#connections.size > 0) {
      const now = performance.now();
      if (now - begun >= deadlineMs) return false;
      this.#closeQuiet(now);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return true;
  }

  /**
   * Takes in the connections that the kernel has already accepted, which closing the listening socket would reset. Node takes
   * one in each turn of its loop.
   */
  async #acceptBacklog(): Promise<void> {
    const end = performance.now() + BACKLOG_MS;
    let quietTurns = 0;
    const note = (): void => {
      quietTurns = 0;
    };
    this.#server.on('connection', note);
    while (quietTurns++ < BACKLOG_QUIET_TURNS && performance.now() < end) await nextTurn();
    this.#server.off('connection', note);
  }

  #closeQuiet(now: number): void {
    for (const [socket, connection] of this.#connections) {
      if (connection.open > 0 || socket.bytesRead !== connection.bytesSeen) {
        connection.bytesSeen = socket.bytesRead;
        connection.quietSince = now;
      } else if (now - connection.quietSince >= QUIET_MS) socket.destroySoon();
    }
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
