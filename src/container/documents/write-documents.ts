import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../../cache/make-folder.ts';
import { withPartialFolder } from '../image/partial-folder.ts';
import { asWriteFailure } from '../image/write-failure.ts';
import type { SupplyDocument } from './documents.ts';

/** Where the documents about a layout's image lie: beside it, since a layout holds images and nothing else that tools expect. */
export function documentsFolder(layout: string): string {
  return `${layout}.documents`;
}

const OURS = /^(provenance\.intoto|linux-\w+\.(spdx|cdx))\.json$/;

/** Writes documents into a folder, each whole or not at all; those of platforms that the image has no more are taken away. */
export async function writeDocuments(documents: readonly SupplyDocument[], folder: string): Promise<void> {
  try {
    await makeFolder(folder);
    await withPartialFolder(join(folder, '.partial'), async (fresh) => {
      for (const { fileName, content } of documents) {
        const target = join(folder, fileName);
        const known = await readFile(target).catch(() => undefined);
        if (known?.equals(content.bytes)) continue;
        const partial = fresh();
        await writeFile(partial, content.bytes, { flag: 'wx' });
        await rename(partial, target);
      }
    });
    const names = new Set(documents.map(({ fileName }) => fileName));
    for (const name of await readdir(folder)) if (OURS.test(name) && !names.has(name)) await rm(join(folder, name));
  } catch (error) {
    throw asWriteFailure(error, folder);
  }
}
