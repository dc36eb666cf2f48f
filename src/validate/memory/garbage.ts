/** Bytes of tensors after which the server has V8 collect; see the server's `garbage.ts`. */
const COLLECTED_AFTER = 8 * 2 ** 20;

/** Outputs are made outside of V8, which lets go of them sooner (measured: between a third and two thirds are left). */
const OUTPUTS_LEFT = 0.5;

/** Where every run is followed by a collection, the tensors of one and a half live on (measured). */
const ROUNDS_LEFT_AT_ONCE = 1.5;

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
  const rounds = between === 1 ? ROUNDS_LEFT_AT_ONCE : between + 1;
  // Before the second collection there is less.
  const soFar = earlier < between ? earlier : Math.max(between - 1, earlier - between + 2);
  return Math.min(rounds, soFar, earlier) * (inputBytes + OUTPUTS_LEFT * outputBytes);
}

/** The most that was seen: V8 promises nothing of when it collects. */
export function mostGarbageBytes({ inputBytes, outputBytes, earlier }: Requests): number {
  const requestBytes = inputBytes + outputBytes;
  return Math.min(earlier, requestsBetween(requestBytes) + 1) * requestBytes;
}

function requestsBetween(requestBytes: number): number {
  return requestBytes === 0 ? 1 : Math.max(1, Math.ceil(COLLECTED_AFTER / requestBytes));
}
