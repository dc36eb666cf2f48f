import type { Call } from './call.ts';

/** What a call of a method does with the messages that it gets. */
export type Method =
  | {
      readonly kind: 'unary';
      /** Asked before the message is read; throws a RequestError where none can be taken now. */
      readonly assertOpen?: () => void;
      /** Answers with one message, now or later. */
      readonly accept: (message: Buffer, call: Call) => void;
    }
  | {
      readonly kind: 'stream';
      /** A call begins; gives what to do with its messages and their end. */
      readonly open: (call: Call) => Conversation;
    };

export interface Conversation {
  accept(message: Buffer): void;
  /** The client sends no more. */
  end(): void;
}

/** All methods by their path, `/package.Service/Method`. */
export type Methods = ReadonlyMap<string, Method>;
