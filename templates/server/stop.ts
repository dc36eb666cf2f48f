import { endAmidRuns } from './end-process.ts';
import { logProblem } from './log.ts';

/** What has requests, and can come to its end. */
export interface Drainable {
  readonly openRequests: number;
  drain(deadlineMs: number): Promise<unknown>;
}

export interface StopOptions {
  readonly graceSeconds: number;
  /** Called at the first signal, before anything else. */
  readonly onStop: () => void;
  /** Called at the first signal too: what has to be over before the process may end, as long as the grace period lasts. */
  readonly beforeExit: () => Promise<unknown>;
  /** Whether a thread may be at work, whose answer nobody waits for any more. */
  readonly isRunning: () => boolean;
  /** Called when the last answer is out; what it still does gets a second. */
  readonly onDrained?: () => Promise<void> | undefined;
}

/** For telling a collector of the last requests; a grace period may end soon after the last answer. */
const FAREWELL_MS = 1000;

const SIGNALS = { SIGTERM: 15, SIGINT: 2 } as const;

/**
 * Makes SIGTERM and SIGINT end the process in good order: not ready from then on, every request taken in is answered, exit
 * 0; exit 1 where the grace period ends before the last answer. A second signal ends it at once. As process 1 of a container
 * it gets no signal that it has not asked for, so both are asked for before anything that takes time.
 */
export function stopOnSignal(
  doors: Drainable,
  { graceSeconds, onStop, beforeExit, isRunning, onDrained }: StopOptions,
): void {
  const end = (code: number): never => (isRunning() ? endAmidRuns(code) : process.exit(code));
  let stopping = false;
  const stop = async (signal: keyof typeof SIGNALS): Promise<void> => {
    if (stopping) end(128 + SIGNALS[signal]);
    stopping = true;
    onStop();
    const graceMs = graceSeconds * 1000;
    const over = Promise.race([beforeExit().catch(() => {}), new Promise((done) => setTimeout(done, graceMs))]);
    await Promise.all([doors.drain(graceMs), over]);
    const lost = doors.openRequests;
    if (lost > 0) {
      const requests = lost === 1 ? '1 request was' : `${lost} requests were`;
      logProblem(`${requests} cut off: the grace period of ${graceSeconds} s is over`);
    }
    await Promise.race([onDrained?.(), new Promise((done) => setTimeout(done, FAREWELL_MS))]);
    end(lost > 0 ? 1 : 0);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // Node would open a debugger, through which whoever shares this network namespace could run code.
  process.on('SIGUSR1', () => {});
}
