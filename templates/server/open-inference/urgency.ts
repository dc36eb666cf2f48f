import { DEFAULT_PRIORITY } from '../job.ts';

/** The last priority that is told from the others. */
const LAST_PRIORITY = 9;

/** A request's `timeout` parameter, in microseconds from now, as a deadline; 0 and none set none. */
export function deadlineAfter(timeoutMicroseconds: number | undefined): number | undefined {
  return timeoutMicroseconds ? performance.now() + timeoutMicroseconds / 1000 : undefined;
}

/** A request's `priority` parameter: 1 is first, 0 the default as in Triton, and beyond 9 none is later. */
export function priorityOf(parameter: number | undefined): number {
  return parameter ? Math.min(parameter, LAST_PRIORITY) : DEFAULT_PRIORITY;
}
