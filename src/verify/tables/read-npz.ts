import { buffer as bufferOf } from 'node:stream/consumers';
import { type Entry, fromBuffer, type ZipFile } from 'yauzl';
import { readNpy } from './read-npy.ts';
import { type Column, LARGEST_TABLE_BYTES, refuseTable, type Table } from './table.ts';

/** The arrays of a file of `numpy.savez`, which are a zip archive of `.npy` files; the first dimension of each counts rows. */
export async function readNpz(
  bytes: Uint8Array,
  { file, columns }: { readonly file: string; readonly columns: readonly string[] },
): Promise<Table> {
  const found = new Map<string, Column>();
  let rows: number | undefined;
  let unpacked = 0;
  try {
    for await (const { name, entry, archive } of entriesOf(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    )) {
      if (!columns.includes(name)) continue;
      unpacked += entry.uncompressedSize;
      if (unpacked > LARGEST_TABLE_BYTES) throw new Error(`it unpacks to more than ${LARGEST_TABLE_BYTES} bytes`);
      const array = readNpy(await bufferOf(await streamOf(archive, entry)), name);
      if (rows !== undefined && array.rows !== rows)
        throw new Error(`${name} has ${array.rows} rows, another array ${rows}`);
      rows = array.rows;
      found.set(name, array.column);
    }
  } catch (cause) {
    throw refuseTable(file, `is no NPZ file that can be read: ${(cause as Error).message}`, cause);
  }
  if (rows === 0) throw refuseTable(file, 'has no rows');
  return { file, rows: rows ?? 0, columns: found };
}

interface Found {
  readonly name: string;
  readonly entry: Entry;
  readonly archive: ZipFile;
}

async function* entriesOf(bytes: Buffer): AsyncGenerator<Found> {
  const archive = await new Promise<ZipFile>((resolve, reject) => {
    fromBuffer(bytes, { lazyEntries: true }, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  for (let read = 0; read < archive.entryCount; read++) {
    const entry = await new Promise<Entry | undefined>((resolve, reject) => {
      archive.once('entry', resolve);
      archive.once('end', () => resolve(undefined));
      archive.once('error', reject);
      archive.readEntry();
    });
    if (entry === undefined) return;
    yield { name: entry.fileName.replace(/\.npy$/, ''), entry, archive };
  }
}

function streamOf(archive: ZipFile, entry: Entry): Promise<NodeJS.ReadableStream> {
  return new Promise((resolve, reject) => {
    archive.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
  });
}
