import { formatByteSize } from '../nouns/byte-size.ts';
import type { Step } from '../nouns/progress.ts';

/** A rate is told once so much time has gone by: before, it is chance. */
const SETTLED_MS = 1000;
const BAR_COLUMNS = 16;

export interface ByteCount extends Pick<Step, 'total' | 'advance'> {
  /** All bytes, or those done of all. */
  readonly sum: () => string;
  /** A bar where the whole is known, bytes, rate and time left, as much of it as the columns hold. */
  readonly live: (columns: number) => string;
}

/** Counts the bytes of a step by a clock of milliseconds. */
export function countBytes(now: () => number = () => 0): ByteCount {
  const begun = now();
  let done = 0;
  let whole: number | undefined;
  const sum = () => {
    if (whole === undefined) return done > 0 ? formatByteSize(done) : '';
    return done < whole ? `${formatByteSize(done)} of ${formatByteSize(whole)}` : formatByteSize(whole);
  };
  const speed = (): readonly string[] => {
    const elapsed = now() - begun;
    if (elapsed < SETTLED_MS || done === 0) return [];
    const rate = (done / elapsed) * 1000;
    const left = whole === undefined || done >= whole ? [] : [`${durationText((whole - done) / rate)} left`];
    return [`${formatByteSize(Math.round(rate))}/s`, ...left];
  };
  return {
    total(bytes) {
      whole = bytes;
    },
    advance(bytes) {
      done += bytes;
    },
    sum,
    live(columns) {
      const parts = [sum(), ...speed()].filter((part) => part !== '');
      const text = parts.join('  ');
      const bar = whole === undefined || whole === 0 ? '' : `${barText(done / whole)}  `;
      if (bar.length + text.length <= columns) return bar + text;
      return text.length <= columns ? text : sum();
    },
  };
}

function barText(share: number): string {
  const filled = Math.round(Math.min(1, share) * BAR_COLUMNS);
  return '█'.repeat(filled) + '░'.repeat(BAR_COLUMNS - filled);
}

/** `9 s`, `2 min 5 s`, `1 h 20 min`. */
function durationText(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
