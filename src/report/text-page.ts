import { printable } from './printable.ts';

/** What a page of text is written for. */
export interface PageOptions {
  /** Columns of the screen; lines are cut to it. */
  readonly columns: number;
  /** The same where it is a terminal: sentences are broken to it, and stay whole where they may be searched. */
  readonly screenColumns?: number;
  readonly colour: boolean;
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

/** Text of one cell, or a cell with its style; numbers stand to the right. */
export type Cell = string | number | { readonly text: string; readonly style: Style };

/** A heading and the rows below it. */
export interface Section {
  readonly title: string;
  /** Stands after the title. */
  readonly detail?: string;
  /** What the columns are; for forms that have heads of tables. */
  readonly columns?: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  /** Column that gives way where a row is too long: the first, unless given. */
  readonly flexible?: number;
  /** A line below the rows, for instance how many more there are. */
  readonly footer?: string;
  /** Sentences in the flexible column, the last one, go on in further lines instead of being cut. */
  readonly isWrapped?: boolean;
}

const CODES: Readonly<Record<Style, number>> = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 };
const INDENT = '  ';
const GAP = '  ';
/** A column that gave way further than this says nothing any more; then the line is longer than the screen. */
const NARROWEST = 12;
/** Nobody reads a longer table on a screen, and a model can have any number of inputs. */
const MOST_ROWS = 100;

/** Sections one below the other, each a table whose columns line up, in the width of the screen. */
export function renderPage(sections: readonly Section[], options: PageOptions): string {
  return sections.map((section) => renderSection(section, options)).join('\n');
}

function renderSection(section: Section, options: PageOptions): string {
  const { title, detail, rows, flexible = 0, isWrapped = false } = section;
  const paint = painter(options);
  const heading = paint(printable(title), 'bold');
  const room = isWrapped ? Number.POSITIVE_INFINITY : Math.max(NARROWEST, options.columns - title.length - GAP.length);
  const head = detail === undefined ? heading : `${heading}${GAP}${cut(printable(detail), room)}`;
  const shown = rows.slice(0, MOST_ROWS);
  const left = rows.length - shown.length;
  const footer = left > 0 ? `and ${grouped(left)} more` : section.footer;
  const foot = footer === undefined ? [] : [`${INDENT}${paint(printable(footer), 'dim')}`];
  return [head, ...tableLines(shown, { ...options, flexible, isWrapped }), ...foot].map((line) => `${line}\n`).join('');
}

function tableLines(
  rows: readonly (readonly Cell[])[],
  options: PageOptions & { readonly flexible: number; readonly isWrapped: boolean },
): readonly string[] {
  const { columns, flexible, isWrapped } = options;
  const paint = painter(options);
  const natural = Array.from({ length: Math.max(0, ...rows.map((row) => row.length)) }, (_, column) =>
    Math.max(0, ...rows.map((row) => textOf(row[column] ?? '').length)),
  );
  const widths = fitted(natural, { room: columns - INDENT.length, flexible });
  const shown = isWrapped
    ? rows.flatMap((row) => wrapRow(row, { column: flexible, width: widths[flexible] ?? 0 }))
    : rows;
  return shown.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      const text = isWrapped ? textOf(cell) : cut(textOf(cell), width);
      const padded =
        typeof cell === 'number' ? text.padStart(width) : column === row.length - 1 ? text : text.padEnd(width);
      return typeof cell === 'object' ? paint(padded, cell.style) : padded;
    });
    return `${INDENT}${cells.join(GAP)}`.trimEnd();
  });
}

/** Widths that fit the room as far as that can be: one column gives way first, then whichever is the widest. */
function fitted(natural: readonly number[], { room, flexible }: { room: number; flexible: number }): readonly number[] {
  const widths = [...natural];
  const order = natural.map((_, column) => column).sort((a, b) => (natural[b] ?? 0) - (natural[a] ?? 0));
  for (const column of [flexible, ...order.filter((other) => other !== flexible)]) {
    const total = widths.reduce((sum, width) => sum + width, 0) + GAP.length * Math.max(0, widths.length - 1);
    const width = widths[column] ?? 0;
    if (total > room) widths[column] = Math.max(Math.min(width, NARROWEST), width - (total - room));
  }
  return widths;
}

/** A row as several, the text of one column going on from line to line. A word that is too long stays whole, to be copied. */
function wrapRow(
  row: readonly Cell[],
  { column, width }: { column: number; width: number },
): readonly (readonly Cell[])[] {
  const lines: string[] = [];
  for (const word of textOf(row[column] ?? '').split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines.map((line, index) => row.map((cell, at) => (at === column ? line : index === 0 ? cell : '')));
}

function textOf(cell: Cell): string {
  if (typeof cell === 'number') return grouped(cell);
  return printable(typeof cell === 'string' ? cell : cell.text);
}

/** `12,345,678`, whatever the language of the machine. */
export function grouped(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

/** `1 node`, `1,234 nodes`. */
export function countText(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** The middle gives way: names of tensors begin and end with what tells them apart. */
function cut(text: string, width: number): string {
  if (text.length <= width) return text;
  const front = Math.ceil((width - 1) / 2);
  return `${text.slice(0, front)}…${text.slice(text.length - (width - 1 - front))}`;
}

function painter({ colour }: PageOptions): (text: string, style: Style) => string {
  return (text, style) => (colour ? `\u001B[${CODES[style]}m${text}\u001B[0m` : text);
}
