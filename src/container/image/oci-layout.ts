import { readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../cache/make-folder.ts';
import { formatByteSize } from '../../nouns/byte-size.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { type Progress, SILENT } from '../../nouns/progress.ts';
import { blobsOf } from './blobs-of.ts';
import type { Index } from './compose.ts';
import {
  blobPath,
  LAYOUT_CONTENT,
  LAYOUT_FILE,
  type LayoutIndex,
  reachable,
  readLayoutIndex,
  renderLayoutIndex,
  withReference,
} from './layout-index.ts';
import { withPartialFolder } from './partial-folder.ts';
import { placeBlob } from './place-blob.ts';
import { asWriteFailure } from './write-failure.ts';

const PARTIAL_FOLDER = '.partial';

export interface LayoutOptions {
  /** The name that the index gets in the layout, such as `ticket-classifier:latest`. */
  readonly reference: string;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/**
 * Writes the index with all that it names into an OCI image layout. Blobs come first and `index.json` last, each whole or not
 * at all, so that the layout is valid at any moment. Right blobs stay; other images in the layout stay; an image that had
 * this reference makes way, together with the blobs that only it used. Throws `output/…` Failures.
 */
export async function writeOciLayout(index: Index, folder: string, options: LayoutOptions): Promise<void> {
  const step = (options.progress ?? SILENT).step(`write oci:${folder}`);
  const blobs = blobsOf(index);
  step.total(blobs.reduce((total, blob) => total + blob.size, 0));
  let written = 0;
  const placed: string[] = [];
  await assertLayoutOrEmpty(folder).catch((error) => {
    throw asWriteFailure(error, folder);
  });
  try {
    await withPartialFolder(join(folder, PARTIAL_FOLDER), async (fresh) => {
      await replace(join(folder, LAYOUT_FILE), { content: LAYOUT_CONTENT, partial: fresh() });
      const before = await readLayoutIndex(folder);
      await makeFolder(join(folder, 'blobs', 'sha256'));
      for (const blob of blobs) {
        options.signal?.throwIfAborted();
        const target = join(folder, blobPath(blob.digest));
        if (await placeBlob({ ...blob, target, partial: fresh() })) {
          written += blob.size;
          placed.push(target);
        }
        step.advance(blob.size);
      }
      const { next, replaced } = withReference(before, { document: index, reference: options.reference });
      const unused = await onlyIn(folder, { replaced, next });
      await replace(join(folder, 'index.json'), { content: renderLayoutIndex(next), partial: fresh() });
      for (const digest of unused) await rm(join(folder, blobPath(digest)), { force: true });
    });
  } catch (error) {
    await removeUnfinished(folder, placed).catch(() => {});
    throw asWriteFailure(error, folder);
  }
  step.done(written === 0 ? 'reused' : formatByteSize(written));
}

/** A layout that never had an index was begun by us; one that has is valid with blobs that nobody needs yet. */
async function removeUnfinished(folder: string, placed: readonly string[]): Promise<void> {
  const names = await readdir(folder);
  if (names.includes('index.json')) return;
  for (const path of placed) await rm(path, { force: true });
  // What an earlier run had placed stays, and the next one goes on from there.
  if ((await readdir(join(folder, 'blobs', 'sha256')).catch(() => [])).length > 0) return;
  for (const part of ['blobs/sha256', 'blobs']) await rmdir(join(folder, part)).catch(() => {});
  await rm(join(folder, LAYOUT_FILE), { force: true });
  await rmdir(folder);
}

async function replace(
  path: string,
  { content, partial }: { readonly content: string; readonly partial: string },
): Promise<void> {
  await writeFile(partial, content, { flag: 'wx' });
  await rename(partial, path);
}

async function onlyIn(
  folder: string,
  { replaced, next }: { readonly replaced: LayoutIndex['manifests']; readonly next: LayoutIndex },
) {
  const kept = await reachable(folder, next.manifests);
  return [...(await reachable(folder, replaced))].filter((digest) => !kept.has(digest));
}

async function assertLayoutOrEmpty(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: { code?: string }) => {
    if (error.code === 'ENOENT') return [] as string[];
    throw error;
  });
  if (names.every((name) => name === PARTIAL_FOLDER)) return;
  if (names.includes(LAYOUT_FILE)) {
    const text = await readFile(join(folder, LAYOUT_FILE), 'utf8');
    if (/"imageLayoutVersion"\s*:\s*"1\./.test(text)) return;
  }
  throw new Failure(`${folder} has files in it and is not an OCI image layout`, {
    code: 'output/not-a-layout',
    exit: EXIT.usage,
    mend: 'Name an empty or a new folder with --output oci:FOLDER; nothing in that one was changed.',
  });
}
