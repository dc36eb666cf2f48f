import { basename } from 'node:path';
import type { Difference } from '../../nouns/difference.ts';
import { TOOL } from '../../nouns/tool.ts';
import { markdownCode, markdownTable, markdownText } from '../markdown-text.ts';
import { type Cell, grouped, type Section } from '../text-page.ts';
import { differenceSections, differenceTitle } from './difference-sections.ts';
import type { DifferenceNames } from './render-difference.ts';

/** Longer tables are folded: a comment that fills the screen is not read. */
const OPEN_ROWS = 24;

/** A comparison as a comment on a change. */
export function renderDifferenceMarkdown(difference: Difference, names: DifferenceNames): string {
  const { from: old, to: now } = sidesOf(difference, names);
  const [from, to] = [markdownCode(basename(old)), markdownCode(basename(now))];
  const sides = from === to ? to : `${from} → ${to}`;
  const sections =
    difference.same && difference.kind !== 'report' && difference.kind !== 'verdict'
      ? []
      : differenceSections(difference);
  return [
    `### ${signOf(difference)} ${sides}: ${markdownText(differenceTitle(difference))}\n`,
    ...sections.map(sectionText),
    `<sub>${TOOL.name} ${TOOL.version}</sub>\n`,
  ].join('\n');
}

/** What people call them: files of verdicts are named by digests. */
function sidesOf(difference: Difference, names: DifferenceNames): { readonly from: string; readonly to: string } {
  if (difference.kind === 'report') return difference.model;
  return difference.kind === 'verdict' ? difference.image : { from: names.old, to: names.new };
}

function signOf(difference: Difference): string {
  if (difference.kind === 'report' || difference.kind === 'verdict')
    return { pass: '✅', fail: '❌', inconclusive: '❓' }[difference.verdict.to];
  if (difference.same) return '✅';
  return difference.breaking ? '⚠️' : 'ℹ️';
}

function sectionText({ title, detail, columns = [], rows, footer }: Section): string {
  const head = `**${markdownText(title)}**${detail === undefined ? '' : `: ${markdownText(detail)}`}\n`;
  if (rows.length === 0) return head;
  const width = Math.max(columns.length, ...rows.map((row) => row.length));
  const filled = (cells: readonly string[]) => Array.from({ length: width }, (_, index) => cells[index] ?? '');
  const table = markdownTable(
    filled(columns),
    rows.map((row) => filled(row.map((cell) => markdownText(cellText(cell))))),
  );
  const foot = footer === undefined ? '' : `\n${markdownText(footer)}\n`;
  if (rows.length <= OPEN_ROWS) return `${head}\n${table}${foot}`;
  return `<details><summary>${markdownText(title)}: ${grouped(rows.length)} rows</summary>\n\n${table}${foot}\n</details>\n`;
}

function cellText(cell: Cell): string {
  if (typeof cell === 'number') return grouped(cell);
  return typeof cell === 'string' ? cell : cell.text;
}
