import { STEP_BYTES } from './reading-steps.ts';
import { type Steps, takeInTurns } from './take-in-turns.ts';

/** Requests up to here are read in one go, and longer ones in turns: what one read of a socket gives is overwritten by the next. */
export const SHORT_BYTES = 2 * STEP_BYTES;

export interface Reading<Request> {
  readonly caller: { isWaiting(): boolean; fail(error: unknown): void };
  readonly done: (request: Request) => void;
}

/** The reading before. */
let last: Promise<void> = Promise.resolve();

/**
 * Reads a long request and hands it on, in turns, and after those that came before it: what its tensors take is counted only once they are
 * there. Gives what settles when it has been handed on, or has failed, of which its caller is told, or nobody waits for it any more.
 */
export function readInTurns<Request>(steps: Steps<Request>, { caller, done }: Reading<Request>): Promise<void> {
  const isWaiting = () => caller.isWaiting();
  const read = async (): Promise<void> => {
    try {
      const request = isWaiting() ? await takeInTurns(steps, isWaiting) : undefined;
      if (request !== undefined) done(request);
    } catch (error) {
      caller.fail(error);
    }
  };
  last = last.then(read);
  return last;
}
