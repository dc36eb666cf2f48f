import { badRequest } from '../request-error.ts';

const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };

/** Longest that a timer runs; a client that waits longer waits without one. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Reads a `grpc-timeout`; `null` for no limit.
 *
 * @throws RequestError 400 for what is none
 */
export function parseTimeout(header: string | undefined): number | null {
  if (header === undefined) return null;
  const match = /^(\d{1,8})([HMSmun])$/.exec(header);
  if (!match) throw badRequest(`grpc-timeout is "${header}"; wanted at most eight digits and a unit`);
  const timeoutMs = Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? 0);
  return timeoutMs > LONGEST_TIMER_MS ? null : timeoutMs;
}
