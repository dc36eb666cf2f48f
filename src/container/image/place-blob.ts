import { constants } from 'node:fs';
import { chmod, copyFile, link, rename, stat, writeFile } from 'node:fs/promises';
import { digestOfFile } from '../../cache/digest-of-file.ts';
import type { Digest } from '../../nouns/digest.ts';

/** Content on its way into a layout: a file of the cache, or bytes in memory. */
export type BlobSource = { readonly path: string } | { readonly bytes: Uint8Array };

export interface Placement {
  readonly source: BlobSource;
  readonly digest: Digest;
  readonly size: number;
  readonly target: string;
  /** Where to put it until it is whole. */
  readonly partial: string;
}

/**
 * Puts a blob at its final name, whole or not at all; false where the right one was there already. A file is cloned where
 * the file system shares blocks between files, else linked (measured for 285 MB: no time against 0.3 s for a copy), else
 * copied. A link shares its bytes with the cache, therefore it is made read-only; the cache hashes what it hands out, so
 * that even bytes changed in spite of it would be noticed there.
 */
export async function placeBlob(placement: Placement): Promise<boolean> {
  const { source, target, partial } = placement;
  if (await isInPlace(placement)) return false;
  if ('bytes' in source) await writeFile(partial, source.bytes, { flag: 'wx' });
  else await duplicate(source.path, partial);
  await rename(partial, target);
  return true;
}

async function isInPlace({ source, digest, size, target }: Placement): Promise<boolean> {
  const found = await stat(target).catch(() => undefined);
  if (found === undefined || !found.isFile() || found.size !== size) return false;
  if ('path' in source) {
    const own = await stat(source.path);
    if (own.ino !== 0 && own.ino === found.ino && own.dev === found.dev) return true;
  }
  return (await digestOfFile(target)) === digest;
}

async function duplicate(from: string, to: string): Promise<void> {
  const cloned = await copyFile(from, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE).then(
    succeeded,
    failed,
  );
  if (cloned) return;
  if (await link(from, to).then(succeeded, failed)) {
    const { mode } = await stat(to);
    await chmod(to, mode & 0o444).catch(() => {});
    return;
  }
  await copyFile(from, to);
}

const succeeded = () => true;
// Not every file system has it; the next way is tried, and what is wrong with the last one is told.
const failed = () => false;
