import type { Socket } from 'node:net';
import type { Exchange, Reply } from './exchange.ts';
import type { PlainHead } from './request-head.ts';

/** The connection that a plain request has come by. */
export interface ExchangeHost {
  readonly socket: Socket;
  /** Whether answers still reach the client. */
  readonly isWaiting: boolean;
  /** An exchange of this connection has its answer, which goes out when its turn has come. */
  answered(exchange: LeanExchange): void;
}

/** One plain request. */
export class LeanExchange implements Exchange {
  readonly head: PlainHead;
  readonly begunMs: number;
  reply: Reply | undefined;
  readonly #on: ExchangeHost;

  constructor(on: ExchangeHost, head: PlainHead, begunMs: number) {
    this.#on = on;
    this.head = head;
    this.begunMs = begunMs;
  }

  get connection(): object {
    return this.#on.socket;
  }

  get client(): string | undefined {
    return this.#on.socket.remoteAddress;
  }

  get isWithheld(): boolean {
    return false;
  }

  isWaiting(): boolean {
    return this.#on.isWaiting;
  }

  send(reply: Reply): boolean {
    if (this.reply !== undefined || !this.#on.isWaiting) return false;
    this.reply = reply;
    this.#on.answered(this);
    return true;
  }
}
