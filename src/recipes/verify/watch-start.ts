import { setTimeout as pause } from 'node:timers/promises';
import type { ServerExit } from '../running-server.ts';

/** Within this a server has to say that it is ready. */
export const START_MS = 120_000;

export type Start = 'ready' | 'late' | ServerExit;

/** How a start goes that begins now. */
export function watchStart(ready: Promise<unknown>, exited: Promise<ServerExit>): Promise<Start> {
  const settled = new AbortController();
  const late = pause(START_MS, 'late' as const, { signal: settled.signal });
  const start = Promise.race([ready.then(() => 'ready' as const), exited, late]).finally(() => settled.abort());
  // Whoever asks later still sees it fail.
  start.catch(() => {});
  return start;
}
