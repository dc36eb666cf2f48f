import { parseReady } from '../running-server.ts';

export interface LogWatch {
  readonly onLog: (line: string) => void;
  /** Settles when the server says that it is ready. */
  readonly ready: Promise<unknown>;
  /** What it said last: where it ended by itself, why. */
  readonly lastLine: () => string;
}

/** Longer lines are of no use in a finding. */
const LONGEST_LINE = 500;

export function watchLog(): LogWatch {
  let tell: (value: unknown) => void = () => {};
  let last = '';
  const ready = new Promise((resolve) => {
    tell = resolve;
  });
  const onLog = (line: string) => {
    last = line.slice(0, LONGEST_LINE);
    if (parseReady(line)) tell(line);
  };
  return { onLog, ready, lastLine: () => last };
}
