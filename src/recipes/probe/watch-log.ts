import type { Seat } from '../../validate/memory/calibration.ts';
import { parseMoved, parseReady } from '../running-server.ts';

export interface LogWatch {
  readonly onLog: (line: string) => void;
  /** Settles when the server says that it is ready. */
  readonly ready: Promise<unknown>;
  /** What it said last: where it ended by itself, why. */
  readonly lastLine: () => string;
  /** Where it runs the model, once it is ready; a model that turns out to take long is moved later on. */
  readonly seat: () => Seat | undefined;
}

/** Longer lines are of no use in a finding. */
const LONGEST_LINE = 500;

export function watchLog(): LogWatch {
  let tell: (value: unknown) => void = () => {};
  let last = '';
  let seat: Seat | undefined;
  const ready = new Promise((resolve) => {
    tell = resolve;
  });
  const onLog = (line: string) => {
    last = line.slice(0, LONGEST_LINE);
    const found = parseReady(line);
    const workers = found?.workers ?? parseMoved(line);
    if (workers !== undefined) seat = workers > 0 ? 'worker' : 'inline';
    if (found !== undefined) tell(line);
  };
  return { onLog, ready, lastLine: () => last, seat: () => seat };
}
