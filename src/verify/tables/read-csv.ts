import { parse } from 'csv-parse/sync';
import { type Column, MOST_CELLS, refuseTable, type Table } from './table.ts';

/** No cell of a table is longer; what is, has an open quote. */
const LONGEST_RECORD = 2 ** 22;

/** Comma-separated values after RFC 4180 with a header, in UTF-8. All cells are texts; an empty one is none. */
export async function readCsv(
  bytes: Uint8Array,
  { file, columns }: { readonly file: string; readonly columns: readonly string[] },
): Promise<Table> {
  const [header, ...rows] = recordsOf(bytes, file);
  if (header === undefined || rows.length === 0) throw refuseTable(file, 'has no rows below a header');
  const twice = header.find((name, at) => header.indexOf(name) !== at && columns.includes(name));
  if (twice !== undefined) throw refuseTable(file, `has the column ${JSON.stringify(twice)} twice`);
  if (rows.length * columns.length > MOST_CELLS)
    throw refuseTable(file, `has ${rows.length} rows; that is too many to hold`);
  const found = columns.flatMap((name): [string, Column][] => {
    const at = header.indexOf(name);
    if (at < 0) return [];
    return [[name, { rowShape: [], cells: rows.map((row) => (row[at] === '' ? null : (row[at] as string))) }]];
  });
  return { file, rows: rows.length, columns: new Map(found) };
}

function recordsOf(bytes: Uint8Array, file: string): readonly string[][] {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return parse(text, { bom: true, skip_empty_lines: true, max_record_size: LONGEST_RECORD }) as string[][];
  } catch (cause) {
    throw refuseTable(file, `is no table of comma-separated values in UTF-8: ${(cause as Error).message}`, cause);
  }
}
