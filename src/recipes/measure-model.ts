import { stat } from 'node:fs/promises';
import { dirname, relative, sep } from 'node:path';
import { digestOfFile } from '../cache/digest-of-file.ts';
import { canonicalJson } from '../nouns/canonical-json.ts';
import { type Digest, digestOf } from '../nouns/digest.ts';
import type { Lock, LockedFile } from '../nouns/lock.ts';
import type { CheckedProject } from './check-project.ts';

/** Sizes and digests of a model's files as the lock has them: the ONNX file, and its external data by name. */
export async function measureModel(
  { files }: CheckedProject,
  digestOfPath: (path: string) => Promise<Digest> = digestOfFile,
): Promise<Lock['model']> {
  const folder = dirname(files[0]?.path ?? '');
  const [model, ...externalData] = await Promise.all(files.map((file) => measure(file.path, folder, digestOfPath)));
  if (!model) throw new TypeError('a model has a file');
  return { ...model, externalData: externalData.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

/** One digest for a model with all of its data: that of the file itself where there is no other. */
export function wholeDigest({ digest, externalData }: Lock['model']): Digest {
  return externalData.length === 0
    ? digest
    : digestOf(canonicalJson([digest, ...externalData.map((file) => file.digest)]));
}

export async function measure(
  path: string,
  folder: string,
  digestOfPath: (path: string) => Promise<Digest> = digestOfFile,
): Promise<LockedFile> {
  const [{ size }, digest] = await Promise.all([stat(path), digestOfPath(path)]);
  return { path: relative(folder, path).split(sep).join('/'), bytes: size, digest };
}
