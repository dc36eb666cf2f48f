import type { IncomingHttpHeaders } from 'node:http';
import type { Answer, Route } from '../router.ts';
import type { BodyFacts } from './body.ts';

/** What a request's head says. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  /** By their names in lower case. */
  readonly headers: IncomingHttpHeaders;
  /** The content length; 0 where there is none. */
  readonly bodyBytes: number;
  /** What was made of it: clients send the same head again and again, and then it is the same object. */
  meaning?: Meaning;
}

/** Where a request goes, and what its headers say of its body. */
export interface Meaning {
  readonly route: Route;
  readonly body: BodyFacts;
}

/** What goes out for a request. */
export interface Reply {
  readonly status: number;
  /** Names and values in turn; without those of the framing. */
  readonly fields: readonly string[];
  readonly body: Answer['body'];
  /** Of the body: nobody else looks at these once they are sent. */
  readonly spent: Answer['spent'];
  /** Of the body. */
  readonly bytes: number;
  /** Whether the connection is to end with it. */
  readonly isLast: boolean;
}

/** One request and the way back to its client, whichever reader of HTTP took it in. */
export interface Exchange {
  readonly head: RequestHead;
  /** One object for all requests of a connection. */
  readonly connection: object;
  /** Address of the client. */
  readonly client: string | undefined;
  /** When its head had come in, on the clock of `performance.now()`. */
  readonly begunMs: number;
  /** Whether the client waits for leave to send its body: after a refusal it may send it or not. */
  readonly isWithheld: boolean;
  /** False once the client has gone. */
  isWaiting(): boolean;
  /** Sends the answer: the first one, where there is somebody to take it. Gives whether it did. */
  send(reply: Reply): boolean;
}
