import { readdir, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { digestOfFile } from '../cache/digest-of-file.ts';
import { canonicalJson } from '../nouns/canonical-json.ts';
import { type Digest, digestOf } from '../nouns/digest.ts';

/** More files than any framework keeps a model in. */
const MOST_FILES = 10_000;

/**
 * Digests of what a conversion is made of, by path relative to the project. A folder counts with all its files. What does not exist
 * is left out: it then differs from when it did.
 */
export async function sourceDigests(
  paths: readonly string[],
  folder: string,
): Promise<Readonly<Record<string, Digest>>> {
  const digests: Record<string, Digest> = {};
  for (const path of [...paths].sort()) {
    const digest = await digestOfPath(resolve(folder, path));
    if (digest !== undefined) digests[isAbsolute(path) ? relative(folder, path) : path] = digest;
  }
  return digests;
}

async function digestOfPath(path: string): Promise<Digest | undefined> {
  const facts = await stat(path).catch(() => undefined);
  if (facts?.isFile()) return digestOfFile(path);
  if (!facts?.isDirectory()) return undefined;
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  if (files.length > MOST_FILES) throw new RangeError(`${path} holds more than ${MOST_FILES} files`);
  const lines = await Promise.all(files.map(async (file) => [relative(path, file), await digestOfFile(file)]));
  return digestOf(canonicalJson(lines.sort(([a = ''], [b = '']) => (a < b ? -1 : 1))));
}
