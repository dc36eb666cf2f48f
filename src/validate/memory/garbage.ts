/** Bytes of tensors after which the server has V8 collect; see the server's `garbage.ts`. */
const COLLECTED_AFTER = 8 * 2 ** 20;

/** Dead buffers beyond so many bytes make V8 collect by itself, unless a single request has more. */
const V8_PATIENCE = 32 * 2 ** 20;

/** Outputs are made outside of V8, which lets go of them sooner (measured: between a third and two thirds are left). */
const OUTPUTS_LEFT = 0.5;

/** Rounds that V8 was seen to fall behind at the most. */
const MOST_ROUNDS_LATE = 3;

export interface Requests {
  readonly inputBytes: number;
  readonly outputBytes: number;
  /** How many came before. */
  readonly earlier: number;
}

/**
 * What earlier requests left behind when the next one runs: those since the last collection, and those that lived on through it,
 * because V8 collects while the tensors of the current run are in use and frees buffers on a thread of its own.
 */
export function garbageBytes({ inputBytes, outputBytes, earlier }: Requests): number {
  const between = requestsBetween(inputBytes + outputBytes);
  const rounds = Math.min(earlier, between === 1 ? 3 : between + 1);
  const left = rounds * (inputBytes + OUTPUTS_LEFT * outputBytes);
  return rounds === 0 ? 0 : Math.min(left, Math.max(V8_PATIENCE, inputBytes + outputBytes));
}

/** The most that was seen: V8 promises nothing of when it collects. */
export function mostGarbageBytes({ inputBytes, outputBytes, earlier }: Requests): number {
  const requestBytes = inputBytes + outputBytes;
  const rounds = Math.min(earlier, requestsBetween(requestBytes) + MOST_ROUNDS_LATE);
  return rounds === 0 ? 0 : Math.min(rounds * requestBytes, Math.max(V8_PATIENCE, 2 * requestBytes));
}

function requestsBetween(requestBytes: number): number {
  return requestBytes === 0 ? 1 : Math.max(1, Math.ceil(COLLECTED_AFTER / requestBytes));
}
