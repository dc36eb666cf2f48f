import { stat } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { digestOfFile } from '../cache/blobs.ts';
import { canonicalJson } from '../nouns/canonical-json.ts';
import { type Digest, digestOf } from '../nouns/digest.ts';
import type { Lock, LockedFile } from '../nouns/lock.ts';

/** Sizes and digests of a model's files as the lock has them: the ONNX file, and its external data in the order of names. */
export async function measureModel(files: {
  model: string;
  externalData: readonly string[];
  folder: string;
}): Promise<Lock['model']> {
  const [model, ...externalData] = await Promise.all(
    [files.model, ...[...files.externalData].sort()].map((path) => measure(path, files.folder)),
  );
  if (!model) throw new TypeError('a model has a file');
  return { ...model, externalData };
}

/** One digest for a model with all of its data: that of the file itself where there is no other. */
export function wholeDigest({ digest, externalData }: Lock['model']): Digest {
  return externalData.length === 0
    ? digest
    : digestOf(canonicalJson([digest, ...externalData.map((file) => file.digest)]));
}

export async function measure(path: string, folder: string): Promise<LockedFile> {
  const [{ size }, digest] = await Promise.all([stat(path), digestOfFile(path)]);
  return { path: relative(folder, path).split(sep).join('/'), bytes: size, digest };
}
