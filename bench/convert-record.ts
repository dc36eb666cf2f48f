import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Conversion } from '../src/nouns/conversion.ts';

/** What one row of the table of conversions came to. */
export interface ConvertRow {
  readonly environment: string;
  readonly kind: string;
  /** Whether it came out as the script that made the model says. */
  readonly isWanted: boolean;
  readonly seconds: number;
  readonly conversion?: Pick<Conversion, 'framework' | 'route' | 'failedRoutes' | 'opsets' | 'parity'>;
  readonly failure?: { readonly code: string; readonly message: string; readonly mend: string };
}

/** The table of rows that a record holds, as Markdown: the largest difference of any element, and in brackets relative to the answer. */
export function renderRecord(rows: readonly ConvertRow[]): string {
  const head = ['environment', 'model', 'way, or what a person reads', 'largest difference', 'flips', 's'];
  const cells = rows.map((row) => {
    const { environment, kind, isWanted, seconds } = row;
    return [
      environment,
      kind,
      `${isWanted ? '' : '**unexpected**: '}${outcomeOf(row)}`,
      ...figuresOf(row),
      seconds.toFixed(0),
    ];
  });
  return `${[head, head.map(() => '---'), ...cells].map((line) => `| ${line.join(' | ')} |`).join('\n')}\n`;
}

function outcomeOf({ conversion, failure }: ConvertRow): string {
  if (failure !== undefined) return `\`${failure.code}\`: ${inCell(failure.message)}`;
  const fallen = conversion?.failedRoutes.map(({ route }) => route) ?? [];
  return `${conversion?.route ?? ''}${fallen.length === 0 ? '' : ` (after ${fallen.join('; ')})`}`;
}

function figuresOf({ conversion }: ConvertRow): readonly [string, string] {
  if (conversion === undefined) return ['', ''];
  const largest = (of: (one: Conversion['parity'][number]) => number): string =>
    figure(Math.max(...conversion.parity.map(of)));
  const flips = conversion.parity.reduce((sum, one) => sum + one.flips, 0);
  return [`${largest((one) => one.largestAbsolute)} (${largest((one) => one.largestRelative)})`, String(flips)];
}

function figure(value: number): string {
  return value === 0 ? '0' : value.toExponential(1);
}

const LONGEST_MESSAGE = 240;

/** Cut, on one line, and without what Markdown would take for its own. */
function inCell(message: string): string {
  const line = message.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|').replaceAll('<', '&lt;');
  return line.length <= LONGEST_MESSAGE ? line : `${line.slice(0, LONGEST_MESSAGE)} …`;
}

/** Every row of a record that one run or several have written, one JSON object on each line; the last of one kind counts. */
export function readRecord(path: string): readonly ConvertRow[] {
  const rows = new Map<string, ConvertRow>();
  for (const line of readFileSync(path, 'utf8').split('\n').filter(Boolean)) {
    const row = JSON.parse(line) as ConvertRow;
    rows.set(join(row.environment, row.kind), row);
  }
  return [...rows.values()];
}
