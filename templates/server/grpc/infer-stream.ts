import { RequestError } from '../request-error.ts';
import type { Call } from './call.ts';
import type { InferOne } from './inference-methods.ts';
import type { Conversation } from './methods.ts';
import { WireWriter } from './wire-writer.ts';

/** Requests of one stream that may wait for their answers; further ones are not read until some have gone out. */
const MOST_OPEN = 16;

/**
 * `ModelStreamInfer`: many requests over one call, each answered in its turn. A request that fails is told in its answer, and
 * the stream goes on.
 */
export function streamInfer(call: Call, infer: InferOne): Conversation {
  /** Answers in the order of their requests; `undefined` where one is still to come. */
  const answers: { message: Uint8Array[] | undefined }[] = [];
  let ended = false;
  const flush = (): void => {
    while (answers[0]?.message) call.send(answers.shift()?.message ?? []);
    if (answers.length < MOST_OPEN) call.resume();
    if (ended && answers.length === 0) call.finish();
  };
  return {
    accept(message) {
      const answer: (typeof answers)[number] = { message: undefined };
      answers.push(answer);
      if (answers.length >= MOST_OPEN) call.pause();
      const settle = (pieces: Uint8Array[]): void => {
        answer.message = pieces;
        flush();
      };
      try {
        infer(message, call, {
          succeed: (pieces) => settle(wrap(pieces)),
          fail: (error) => settle(describe(error, call)),
        });
      } catch (error) {
        settle(describe(error, call));
      }
    },
    end() {
      ended = true;
      flush();
    },
  };
}

function wrap(pieces: readonly Uint8Array[]): Uint8Array[] {
  return [new WireWriter().span(2, Buffer.concat(pieces)).finish()];
}

function describe(error: unknown, call: Call): Uint8Array[] {
  // What is no refusal is a defect; it ends the call, which logs it.
  if (!(error instanceof RequestError)) call.fail(error);
  return [new WireWriter().text(1, error instanceof RequestError ? error.message : 'internal error').finish()];
}
