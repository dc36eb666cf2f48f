import { parseReady } from '../running-server.ts';

const LINES = 20;
const LONGEST_LINE = 500;

export interface KeptLog {
  readonly onLog: (line: string) => void;
  readonly ready: Promise<void>;
  readonly lines: () => readonly string[];
}

/** The last lines of a server's log, and when it said that it is ready. */
export function keepLog(): KeptLog {
  const kept: string[] = [];
  let tell = () => {};
  const ready = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const onLog = (line: string) => {
    kept.push(line.slice(0, LONGEST_LINE));
    if (kept.length > LINES) kept.shift();
    if (parseReady(line)) tell();
  };
  return { onLog, ready, lines: () => [...kept] };
}
