import type { Finding, Location, Severity } from '../nouns/finding.ts';
import { breakLines } from './break-lines.ts';

export interface TextOptions {
  readonly colour: boolean;
  /** Columns of the terminal that it is written to, where it is one. */
  readonly screenColumns?: number | undefined;
}

const COLOURS: Readonly<Record<Severity, string>> = { error: '\u001B[31m', warning: '\u001B[33m', note: '\u001B[36m' };
const BOLD = '\u001B[1m';
const RESET = '\u001B[0m';

/** Findings as a person reads them: the worst first, each with its place, its rule and its mend. */
export function renderFindings(findings: readonly Finding[], { colour, screenColumns: columns }: TextOptions): string {
  const paint = (code: string, text: string) => (colour ? `${code}${text}${RESET}` : text);
  return findings
    .map(({ rule, severity, message, mend, location }) => {
      const place = placeOf(location);
      const head = `${paint(COLOURS[severity], severity)} ${paint(BOLD, rule)}${place ? ` (${place})` : ''}`;
      return `${head}\n${breakLines(message, { columns })}${breakLines(mend, { columns })}`;
    })
    .join('');
}

/** `node Conv_3, tensor w` and the like; empty where a finding is about the whole model. */
export function placeOf(location: Location = {}): string {
  const { graph, node, tensor, offset } = location;
  return [
    graph ? `graph ${graph}` : '',
    node ? `node ${node}` : '',
    tensor ? `tensor ${tensor}` : '',
    offset === undefined ? '' : `byte ${offset}`,
  ]
    .filter(Boolean)
    .join(', ');
}
