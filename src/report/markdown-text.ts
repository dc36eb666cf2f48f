import { printable } from './printable.ts';

/** Names come from files that anybody may have made: nothing in them is markup, a mention or a link. */
export function markdownText(raw: string): string {
  return printable(raw)
    .replace(/[\\`*_{}[\]()#+!|<>~@&$^-]/g, (character) =>
      SAFE.has(character) ? character : `&#${character.charCodeAt(0)};`,
    )
    .replace(/:\/\//g, '&#58;//');
}

/** Marks that mean nothing inside a line, and that readers of the raw text are used to. */
const SAFE = new Set(['(', ')', '-', '+', '!', '#']);

/** As code. */
export function markdownCode(raw: string): string {
  const clean = printable(raw).replaceAll('|', '\\|');
  const fence = clean.includes('`') ? '``' : '`';
  return `${fence}${fence.length > 1 ? ' ' : ''}${clean}${fence.length > 1 ? ' ' : ''}${fence}`;
}

/** Cells are Markdown already. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}
