import { readFileSync } from 'node:fs';
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

/** Every kind of model that the bench makes in an environment, whether the record has a row for it or not. */
export interface KindsOf {
  readonly environment: string;
  readonly kinds: readonly string[];
}

/** What runs of the bench have written, one after the other. */
export interface ConvertRecord {
  /** In the order of the environments asked for, and in each in that of the bench. */
  readonly rows: readonly ConvertRow[];
  /** By environment; nothing for one that never ran. */
  readonly kinds: ReadonlyMap<string, readonly string[]>;
}

/** The table of rows, as Markdown: the largest difference of any element, and in brackets relative to the answer. */
export function renderRows(rows: readonly ConvertRow[]): string {
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
  return table(head, cells);
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

/**
 * A record, one JSON object on each line: the last row of one kind counts, and the last list of kinds, outside of which a row is of a kind
 * that the bench has no more.
 */
export function readRecord(path: string, environments: readonly string[]): ConvertRecord {
  const kinds = new Map<string, readonly string[]>();
  const found = new Map<string, ConvertRow>();
  for (const text of readFileSync(path, 'utf8').split('\n').filter(Boolean)) {
    const line = JSON.parse(text) as ConvertRow | KindsOf;
    if ('kinds' in line) kinds.set(line.environment, line.kinds);
    else found.set(`${line.environment}/${line.kind}`, line);
  }
  const rows = environments.flatMap((name) => (kinds.get(name) ?? []).map((kind) => found.get(`${name}/${kind}`)));
  return { rows: rows.filter((row) => row !== undefined), kinds };
}

/** How much of what the bench makes is in a record, and what came of it, by environment, as Markdown. */
export function renderCoverage({ rows, kinds }: ConvertRecord, environments: readonly string[]): string {
  const head = ['environment', 'recorded', 'converted', 'refused as the bench says', 'otherwise', 'not recorded'];
  const cells = environments.map((name) => {
    const ofIt = rows.filter(({ environment }) => environment === name);
    const all = kinds.get(name);
    const count = (holds: (row: ConvertRow) => boolean): string => String(ofIt.filter(holds).length);
    const lacking = all?.filter((kind) => !ofIt.some((row) => row.kind === kind)) ?? [];
    return [
      name,
      all === undefined ? 'none' : `${ofIt.length} of ${all.length}`,
      count(({ isWanted, failure }) => isWanted && failure === undefined),
      count(({ isWanted, failure }) => isWanted && failure !== undefined),
      count(({ isWanted }) => !isWanted),
      all === undefined ? 'everything' : lacking.join('; '),
    ];
  });
  return table(head, cells);
}

function table(head: readonly string[], cells: readonly (readonly string[])[]): string {
  return `${[head, head.map(() => '---'), ...cells].map((line) => `| ${line.join(' | ')} |`).join('\n')}\n`;
}
