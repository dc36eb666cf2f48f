import { isOnCi, type Machine } from '../nouns/machine.ts';
import { type Progress, SILENT, type Step } from '../nouns/progress.ts';
import { countBytes } from './count-bytes.ts';

export interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface ProgressOptions {
  readonly env: Machine['env'];
  /** Whether steps are told as they begin, too. */
  readonly verbose?: boolean;
  /** Milliseconds, of a clock that only goes forward. */
  readonly now?: () => number;
}

/** How often the live lines are drawn, in milliseconds: often enough to look alive, seldom enough to cost nothing. */
const REDRAW_MS = 80;

/**
 * A line per step: live, with a bar, on a terminal; one plain line at its end in CI, on a terminal that cannot move its cursor, or
 * where asked to tell more; nothing where nobody watches.
 */
export function progressOn(terminal: Terminal, options: ProgressOptions): Progress {
  const { env, verbose = false } = options;
  const isLive = terminal.isTTY === true && env.TERM !== 'dumb' && !isOnCi(env);
  if (isLive) return liveProgress(terminal, options);
  return terminal.isTTY || isOnCi(env) || verbose ? plainProgress(terminal, options) : SILENT;
}

function plainProgress(terminal: Terminal, { verbose = false, now }: ProgressOptions): Progress {
  return {
    note: (line) => void terminal.write(`${line}\n`),
    step(title) {
      const { advance, total, sum } = countBytes(now);
      if (verbose) terminal.write(`${title} …\n`);
      return { advance, total, done: (detail) => void terminal.write(`${lineOf(title, detail ?? sum())}\n`) };
    },
  };
}

function liveProgress(terminal: Terminal, { now = performance.now.bind(performance) }: ProgressOptions): Progress {
  const running = new Map<symbol, (columns: number) => string>();
  let drawnLines = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;

  const erase = () => {
    if (drawnLines > 0) terminal.write(`\u001B[${drawnLines}A\u001B[0J`);
    drawnLines = 0;
  };
  const draw = () => {
    erase();
    drawnAt = now();
    const columns = Math.max(20, (terminal.columns ?? 80) - 1);
    for (const lineIn of running.values()) terminal.write(`${lineIn(columns).slice(0, columns)}\n`);
    drawnLines = running.size;
  };
  const print = (line: string) => {
    erase();
    terminal.write(`${line}\n`);
    draw();
  };

  return {
    note: print,
    step(title): Step {
      const id = Symbol(title);
      const { advance, total, sum, live } = countBytes(now);
      running.set(id, (columns) => lineOf(title, live(columns - title.length - 4), '…'));
      draw();
      return {
        total,
        advance(bytes) {
          advance(bytes);
          if (now() - drawnAt > REDRAW_MS) draw();
        },
        done(detail) {
          running.delete(id);
          print(lineOf(title, detail ?? sum(), '✓'));
        },
      };
    },
  };
}

function lineOf(title: string, detail: string, mark?: string): string {
  const head = mark ? `${mark} ${title}` : title;
  return detail ? `${head}  ${detail}` : head;
}
