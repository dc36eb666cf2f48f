import { formatByteSize } from '../nouns/byte-size.ts';
import type { Progress, Step } from '../nouns/progress.ts';

export interface Terminal {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** How often the live line is drawn, in milliseconds: often enough to look alive, seldom enough to cost nothing. */
const REDRAW_MS = 80;

/** A line per step: live with bytes on a terminal, one plain line at its end elsewhere. */
export function progressOn(terminal: Terminal): Progress {
  return terminal.isTTY ? liveProgress(terminal) : plainProgress(terminal);
}

function plainProgress(terminal: Terminal): Progress {
  return {
    note: (line) => void terminal.write(`${line}\n`),
    step(title) {
      const counter = count();
      return { ...counter.step, done: (detail) => void terminal.write(`${lineOf(title, detail ?? counter.text())}\n`) };
    },
  };
}

function liveProgress(terminal: Terminal): Progress {
  const running = new Map<symbol, () => string>();
  let drawnLines = 0;
  let drawnAt = 0;

  const erase = () => {
    if (drawnLines > 0) terminal.write(`\u001B[${drawnLines}A\u001B[0J`);
    drawnLines = 0;
  };
  const draw = () => {
    erase();
    drawnAt = Date.now();
    const width = Math.max(20, (terminal.columns ?? 80) - 1);
    for (const line of running.values()) terminal.write(`${line().slice(0, width)}\n`);
    drawnLines = running.size;
  };
  const print = (line: string) => {
    erase();
    terminal.write(`${line}\n`);
    draw();
  };

  return {
    note: print,
    step(title) {
      const id = Symbol(title);
      const counter = count();
      running.set(id, () => lineOf(title, counter.text(), '…'));
      draw();
      return {
        total: counter.step.total,
        advance(bytes) {
          counter.step.advance(bytes);
          if (Date.now() - drawnAt > REDRAW_MS) draw();
        },
        done(detail) {
          running.delete(id);
          print(lineOf(title, detail ?? counter.text(), '✓'));
        },
      };
    },
  };
}

function count(): { readonly step: Pick<Step, 'total' | 'advance'>; readonly text: () => string } {
  let done = 0;
  let total: number | undefined;
  return {
    step: {
      total(bytes) {
        total = bytes;
      },
      advance(bytes) {
        done += bytes;
      },
    },
    text: () => {
      if (total === undefined) return done > 0 ? formatByteSize(done) : '';
      return done < total ? `${formatByteSize(done)} of ${formatByteSize(total)}` : formatByteSize(total);
    },
  };
}

function lineOf(title: string, detail: string, mark?: string): string {
  const head = mark ? `${mark} ${title}` : title;
  return detail ? `${head}  ${detail}` : head;
}
