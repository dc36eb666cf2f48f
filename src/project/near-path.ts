import { readdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { nearest } from '../nouns/nearest.ts';

/** What a path that is not there was probably meant to be, written as it is: a folder, model or configuration beside it. */
export async function nearPath(path: string, target: string): Promise<string | undefined> {
  const entries = await readdir(dirname(target), { withFileTypes: true }).catch(() => []);
  const names = entries
    .filter((entry) => entry.isDirectory() || /\.(onnx|ya?ml)$/i.test(entry.name))
    .map(({ name }) => name);
  const found = nearest(basename(target), names);
  return found === undefined ? undefined : join(dirname(path), found);
}
