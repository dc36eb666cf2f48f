import { Failure } from '../../nouns/failure.ts';
import { fzstd, gunzip } from './decompressors.ts';
import { type Cell, type Column, LARGEST_TABLE_BYTES, MOST_CELLS, refuseTable, type Table } from './table.ts';

/** An Apache Parquet file: numbers, flags, texts, and lists of one length of these. */
export async function readParquet(
  bytes: Uint8Array,
  { file, columns }: { readonly file: string; readonly columns: readonly string[] },
): Promise<Table> {
  const { parquetMetadata, parquetReadObjects, parquetSchema } = await import('hyparquet');
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  try {
    const metadata = parquetMetadata(buffer);
    const rows = Number(metadata.num_rows);
    const there = new Set(parquetSchema(metadata).children.map(({ element }) => element.name));
    const wanted = columns.filter((name) => there.has(name));
    const unpacked = metadata.row_groups
      .flatMap((group) => group.columns)
      .filter(({ meta_data }) => wanted.includes(String(meta_data?.path_in_schema[0])))
      .reduce((sum, { meta_data }) => sum + Number(meta_data?.total_uncompressed_size ?? 0), 0);
    if (!(rows > 0)) throw refuseTable(file, 'has no rows');
    if (!(rows * Math.max(1, wanted.length) <= MOST_CELLS) || !(unpacked <= LARGEST_TABLE_BYTES))
      throw refuseTable(file, `has ${rows} rows of ${unpacked} bytes; that is too much to hold`);
    const objects = await parquetReadObjects({
      file: { byteLength: buffer.byteLength, slice: (from, to) => buffer.slice(from, to) },
      metadata,
      columns: wanted,
      compressors: { GZIP: gunzip, ZSTD: fzstd },
    });
    const found = wanted.map((name): [string, Column] => [
      name,
      columnOf(
        objects.map((row) => row[name]),
        name,
      ),
    ]);
    return { file, rows, columns: new Map(found) };
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw refuseTable(file, `is no Parquet file that can be read: ${(cause as Error).message}`, cause);
  }
}

function columnOf(values: readonly unknown[], name: string): Column {
  const [first] = values;
  if (!Array.isArray(first)) return { rowShape: [], cells: values.map((value) => cellOf(value, name)) };
  const cells: Cell[] = [];
  const length = first.length;
  values.forEach((value, row) => {
    if (!Array.isArray(value) || value.length !== length)
      throw new Error(`row ${row} of ${name} is no list of ${length}, as the first row is`);
    for (const element of value) cells.push(cellOf(element, name));
  });
  return { rowShape: [length], cells };
}

function cellOf(value: unknown, name: string): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return value.toISOString();
  throw new Error(`the column ${name} holds what is no number, flag or text`);
}
