import { parseReady, type Ready } from '../running-server.ts';

const LINES = 20;
const LONGEST_LINE = 500;

export interface KeptLog {
  readonly onLog: (line: string) => void;
  readonly ready: Promise<void>;
  /** What it said then. */
  readonly said: () => Ready | undefined;
  readonly lines: () => readonly string[];
}

/** The last lines of a server's log, and when it said that it is ready. */
export function keepLog(): KeptLog {
  const kept: string[] = [];
  let said: Ready | undefined;
  let tell = () => {};
  const ready = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const onLog = (line: string) => {
    kept.push(line.slice(0, LONGEST_LINE));
    if (kept.length > LINES) kept.shift();
    said ??= parseReady(line);
    if (said) tell();
  };
  return { onLog, ready, said: () => said, lines: () => [...kept] };
}
