import { open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { formatByteSize } from '../../nouns/byte-size.ts';
import { type Progress, SILENT } from '../../nouns/progress.ts';
import type { Tree } from '../tree.ts';
import { dockerArchiveTree, ociArchiveTree } from './archive-tree.ts';
import type { Image, Index } from './compose.ts';
import { parseImageName } from './image-name.ts';
import { withPartialFolder } from './partial-folder.ts';
import { tar, tarSize } from './tar.ts';
import { asWriteFailure } from './write-failure.ts';

export interface ArchiveOptions {
  readonly reference: string;
  readonly progress?: Progress;
  readonly signal?: AbortSignal;
}

/** Writes the index with all that it names as one tar of an OCI layout, the same bytes every time. Throws `output/…` Failures. */
export async function writeOciArchive(index: Index, file: string, options: ArchiveOptions): Promise<void> {
  await writeArchive(ociArchiveTree(index, options.reference), file, {
    ...options,
    title: `write oci-archive:${file}`,
  });
}

/** Writes one platform's image as `docker load` takes it, the same bytes every time. Throws `output/…` Failures. */
export async function writeDockerArchive(image: Image, file: string, options: ArchiveOptions): Promise<void> {
  const tree = dockerArchiveTree(image, parseImageName(options.reference));
  await writeArchive(tree, file, { ...options, title: `write docker-archive:${file}` });
}

async function writeArchive(
  tree: Tree,
  file: string,
  options: ArchiveOptions & { readonly title: string },
): Promise<void> {
  const step = (options.progress ?? SILENT).step(options.title);
  step.total(tarSize(tree));
  let bytes = 0;
  try {
    await withPartialFolder(join(dirname(file), `.${basename(file)}.partial`), async (fresh) => {
      const partial = fresh();
      const target = await open(partial, 'wx');
      try {
        for await (const piece of tar(tree, { ...options, mtime: 0 })) {
          await target.writeFile(piece);
          bytes += piece.length;
          step.advance(piece.length);
        }
      } finally {
        await target.close();
      }
      await rename(partial, file);
    });
  } catch (error) {
    throw asWriteFailure(error, file);
  }
  step.done(formatByteSize(bytes));
}
