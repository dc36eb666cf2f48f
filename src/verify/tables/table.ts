import { EXIT, Failure } from '../../nouns/failure.ts';

/** An element of a table; `null` where there is none. 64-bit integers beyond 2^53 are digits. */
export type Cell = number | string | boolean | null;

/** One value, or one tensor, for each row. */
export interface Column {
  /** Dimensions of what a row has; none for a single value. */
  readonly rowShape: readonly number[];
  /** Row-major. */
  readonly cells: readonly Cell[];
}

export interface Table {
  readonly file: string;
  readonly rows: number;
  readonly columns: ReadonlyMap<string, Column>;
}

/** A table is held in memory; more rows tell no more about a model. */
export const LARGEST_TABLE_BYTES = 512 * 2 ** 20;
export const MOST_CELLS = 2 ** 25;

export function refuseTable(file: string, why: string, cause?: unknown): Failure {
  return new Failure(`${file} ${why}`, {
    code: 'data/invalid',
    exit: EXIT.usage,
    mend: 'docs/verify.md shows how rows are written and mapped.',
    cause,
  });
}
