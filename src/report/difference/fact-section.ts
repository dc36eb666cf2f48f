import { formatByteSize } from '../../nouns/byte-size.ts';
import type { ChangedFact } from '../../nouns/model-difference.ts';
import { type Cell, grouped, type Section } from '../text-page.ts';

/** Facts that changed, each with what it was and is, and by how much it moved; none where there are none. */
export function factSection(title: string, changes: readonly ChangedFact[], detail?: string): Section | null {
  if (changes.length === 0) return null;
  return {
    title,
    ...(detail !== undefined && { detail }),
    columns: ['', 'old', '', 'new', 'change'],
    rows: changes.map((change): readonly Cell[] => {
      const { what, from, to } = change;
      if (from === to) return [labelOf(what), factText(what, from), '', { text: 'same', style: 'dim' }];
      const sides = [labelOf(what), factText(what, from), '→', factText(what, to)];
      const moved = movedText(change);
      return moved === '' ? sides : [...sides, moved];
    }),
    flexible: 3,
  };
}

/** Names of sizes end in it. */
const BYTES = /(^|,? )bytes$/;

function labelOf(what: string): string {
  return what.replace(/, bytes$/, '');
}

function factText(what: string, value: ChangedFact['from']): string {
  if (value === null) return 'none';
  if (typeof value === 'string') return value;
  return BYTES.test(what) ? formatByteSize(value) : grouped(value);
}

/** `+1.5 MiB (+3.1 %)`; empty where nothing moved or nothing can be counted. */
export function movedText({ what, from, to }: ChangedFact): string {
  if (typeof from !== 'number' || typeof to !== 'number' || from === to) return '';
  const sign = to > from ? '+' : '−';
  const percent = (100 * Math.abs(to - from)) / from;
  const share = from === 0 ? '' : ` (${sign}${percent.toFixed(percent < 10 ? 1 : 0)} %)`;
  return `${sign}${factText(what, Math.abs(to - from))}${share}`;
}
