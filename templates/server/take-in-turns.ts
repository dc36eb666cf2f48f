import { setImmediate as nextTurn } from 'node:timers/promises';

/** Work that may be long, in steps of which each is short: a millisecond or two, once its code is compiled. */
export type Steps<Result> = Generator<undefined, Result, undefined>;

/** Others wait no longer than this for work of their own, of which health checks are the most urgent. */
const LONGEST_TURN_MS = 8;

/** When the first step of this turn of the loop was taken, for all that take steps in it; `undefined` before. */
let begunMs: number | undefined;

/** Takes all steps in one go: for what is known to be short. */
export function takeAtOnce<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Work of which each step is asked for; gives whether that was the last. */
export interface Stepwise {
  readOn(): boolean;
}

/** What is left of reading after its first step. */
export function* goOn(reading: Stepwise): Steps<void> {
  do yield;
  while (!reading.readOn());
}

/**
 * Takes steps until there are none left and gives what they come to. Whenever the steps of a turn of the loop have taken long, all others
 * have theirs first; `undefined` where nobody wants the rest by then.
 */
export async function takeInTurns<Result>(steps: Steps<Result>, isWanted: () => boolean): Promise<Result | undefined> {
  for (;;) {
    while (isTurnOver()) {
      await nextTurn();
      if (!isWanted()) return undefined;
    }
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** Whether so much has been done in this turn of the loop that others should have theirs. */
export function isTurnOver(): boolean {
  if (begunMs === undefined) {
    begunMs = performance.now();
    setImmediate(() => {
      begunMs = undefined;
    });
  }
  return performance.now() - begunMs >= LONGEST_TURN_MS;
}
