/** There is no better moment to come for who always has something under way. */
const BUSY_MS = 5000;

/** Of the grace period, the rest of which is for what has been taken in by then. */
const BUSY_SHARE = 0.5;

/**
 * How long a connection or stream on which something is always under way goes on taking requests once the server stops, which may take
 * `graceMs` in all.
 */
export function busyTime(graceMs: number): number {
  return Math.min(BUSY_MS, BUSY_SHARE * graceMs);
}
