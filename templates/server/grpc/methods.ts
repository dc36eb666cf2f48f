import type { Call } from './call.ts';

/** Longest message of a method that takes no tensors: it is read in one go. */
export const SHORT_MESSAGE_BYTES = 64 * 1024;

/** What a call of a method does with the messages that it gets. */
export type Method = {
  /** Whether its messages may be as long as bodies; else they are short. */
  readonly takesTensors?: boolean;
} & (
  | {
      readonly kind: 'unary';
      /** Asked before the message is read; throws a RequestError where none can be taken now. */
      readonly assertOpen?: () => void;
      /** Answers with one message, now or later; where the message takes long to read, gives what settles once it is: never rejects. */
      readonly accept: (message: Buffer, call: Call) => Promise<void> | undefined;
    }
  | {
      readonly kind: 'stream';
      /** A call begins; gives what to do with its messages and their end. */
      readonly open: (call: Call) => Conversation;
    }
);

export interface Conversation {
  /** As for a method of one message. */
  accept(message: Buffer): Promise<void> | undefined;
  /** The client sends no more. */
  end(): void;
}

/** All methods by their path, `/package.Service/Method`. */
export type Methods = ReadonlyMap<string, Method>;
