import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import tar from 'tar-stream';

/** The public corpus, kept outside of the repository. */
export const CORPUS = '../shared/corpus';
export const HAS_CORPUS = existsSync(CORPUS);

/** Paths below the corpus of every model that lies there as a file. */
export function corpusModels(): readonly string[] {
  return ['models', 'ort', 'onnx-backend/light'].flatMap((folder) =>
    readdirSync(join(CORPUS, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.onnx'))
      .map((entry) => relative(CORPUS, join(entry.parentPath, entry.name))),
  );
}

/** The files of a bundle of the corpus, by name. */
export async function bundleFiles(bundle: string): Promise<ReadonlyMap<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for await (const { header, content } of entriesOf(bundle))
    if (header.type === 'file') files.set(header.name, content);
  return files;
}

/** Unpacks a bundle of the corpus, links included, below `target`. */
export async function unpack(bundle: string, target: string): Promise<void> {
  for await (const { header, content } of entriesOf(bundle)) {
    const path = join(target, header.name);
    mkdirSync(dirname(path), { recursive: true });
    if (header.type === 'file') writeFileSync(path, content);
    else if (header.type === 'symlink') symlinkSync(header.linkname ?? '', path);
  }
}

async function* entriesOf(bundle: string): AsyncGenerator<{ header: tar.Header; content: Buffer }> {
  const entries = tar.extract();
  entries.end(gunzipSync(readFileSync(join(CORPUS, bundle))));
  for await (const entry of entries) {
    yield { header: entry.header, content: Buffer.concat(await Readable.from(entry).toArray()) };
  }
}
