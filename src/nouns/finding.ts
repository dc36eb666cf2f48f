export type Severity = 'error' | 'warning' | 'note';

/** Where in a model a finding lies; fields that do not apply are left out. */
export interface Location {
  readonly file?: string;
  /** Path of the graph: empty for the main one, `node/attribute` for a subgraph, `function:domain:name` for a function. */
  readonly graph?: string;
  readonly node?: string;
  readonly tensor?: string;
  /** Byte offset in the file. */
  readonly offset?: number;
}

/** One thing that a check has to say, as data; rendering comes last. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  /** What was found against what was wanted. */
  readonly message: string;
  readonly mend: string;
  readonly location?: Location;
}

const ORDER: Readonly<Record<Severity, number>> = { error: 0, warning: 1, note: 2 };

export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'error');
}

/** Worst first, then by rule, then by place: the same findings always come in the same order. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort(
    (a, b) =>
      ORDER[a.severity] - ORDER[b.severity] ||
      compare(a.rule, b.rule) ||
      compare(JSON.stringify(a.location ?? {}), JSON.stringify(b.location ?? {})) ||
      compare(a.message, b.message),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
