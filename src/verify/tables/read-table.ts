import { readFile, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { LARGEST_TABLE_BYTES, refuseTable, type Table } from './table.ts';

type Read = (
  bytes: Uint8Array,
  facts: { readonly file: string; readonly columns: readonly string[] },
) => Promise<Table>;

/** Each is loaded when a file of its kind is read. */
const READERS: Readonly<Record<string, () => Promise<Read>>> = {
  '.csv': async () => (await import('./read-csv.ts')).readCsv,
  '.npz': async () => (await import('./read-npz.ts')).readNpz,
  '.parquet': async () => (await import('./read-parquet.ts')).readParquet,
};

/**
 * The named columns of a CSV file with a header, a Parquet file, or the arrays of an NPZ file. Throws a Failure `data/missing` or
 * `data/invalid`.
 */
export async function readTable(
  file: string,
  columns: readonly string[],
): Promise<{ readonly table: Table; readonly bytes: Uint8Array }> {
  const kind = extname(file).toLowerCase();
  const load = Object.hasOwn(READERS, kind) ? READERS[kind] : undefined;
  if (load === undefined) throw refuseTable(file, `ends in "${kind}"; wanted ${Object.keys(READERS).join(', ')}`);
  const bytes = await readBounded(file);
  const read = await load();
  return { table: await read(bytes, { file, columns }), bytes };
}

async function readBounded(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size > LARGEST_TABLE_BYTES)
      throw refuseTable(file, `has ${size} bytes; a table has at most ${LARGEST_TABLE_BYTES}`);
    return await readFile(file);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    throw new Failure(`${file} cannot be read: ${code ?? message}`, {
      code: 'data/missing',
      exit: EXIT.usage,
      mend: 'Check the key "verify.data" of plimsoll.yaml; paths are relative to it.',
      cause,
    });
  }
}
