import { createReadStream, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
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

/** Unpacks a bundle of the corpus; the names of its files, below `target`. */
export async function unpack(bundle: string, target: string): Promise<readonly string[]> {
  const names: string[] = [];
  const entries = createReadStream(join(CORPUS, bundle)).pipe(createGunzip()).pipe(tar.extract());
  for await (const entry of entries) {
    const { name, type, linkname } = entry.header;
    const path = join(target, name);
    mkdirSync(dirname(path), { recursive: true });
    if (type === 'file') {
      writeFileSync(path, Buffer.concat(await Readable.from(entry).toArray()));
      names.push(name);
    } else if (type === 'symlink') {
      symlinkSync(linkname ?? '', path);
      entry.resume();
    } else entry.resume();
  }
  return names;
}
