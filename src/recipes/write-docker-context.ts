import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../cache/make-folder.ts';
import type { Image } from '../container/image/compose.ts';
import { layerFileName, renderBaseDockerfile, renderDockerfile } from '../container/image/dockerfile.ts';
import { withPartialFolder } from '../container/image/partial-folder.ts';
import { placeBlob } from '../container/image/place-blob.ts';
import { asWriteFailure } from '../container/image/write-failure.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Workbench } from './workbench.ts';

const DOCKERFILE = 'Dockerfile';
const BASE_DOCKERFILE = 'Dockerfile.base';
const PARTIAL = '.partial';

/**
 * Writes a context that a container engine builds this image from: the layers as they are, then the Dockerfiles, each whole or not at
 * all. Throws `output/…` Failures.
 */
export async function writeDockerContext(image: Image, folder: string, { progress, signal }: Workbench): Promise<void> {
  const step = progress.step(`write ${folder}`);
  step.total(image.layers.reduce((total, { size }) => total + size, 0));
  const dockerfile = renderDockerfile(image);
  try {
    await assertOurs(folder, new Set([...image.layers.map(layerFileName), DOCKERFILE, BASE_DOCKERFILE, PARTIAL]));
    await makeFolder(folder);
    await withPartialFolder(join(folder, PARTIAL), async (fresh) => {
      // Until the last layer is there, nothing is to be built.
      await rm(join(folder, DOCKERFILE), { force: true });
      for (const layer of image.layers) {
        signal?.throwIfAborted();
        const { digest, size, path } = layer;
        await placeBlob({
          source: { path },
          digest,
          size,
          target: join(folder, layerFileName(layer)),
          partial: fresh(),
        });
        step.advance(size);
      }
      for (const [name, text] of [
        [BASE_DOCKERFILE, renderBaseDockerfile(image)],
        [DOCKERFILE, dockerfile],
      ] as const) {
        const partial = fresh();
        await writeFile(partial, text, { flag: 'wx' });
        await rename(partial, join(folder, name));
      }
    });
  } catch (error) {
    step.done('failed');
    throw asWriteFailure(error, folder);
  }
  step.done();
}

/** What else lies in the folder would be sent to the engine with every build, and could be somebody's work. */
async function assertOurs(folder: string, names: ReadonlySet<string>): Promise<void> {
  const found = await readdir(folder).catch((error: { code?: string }) => {
    if (error.code === 'ENOENT') return [] as string[];
    throw error;
  });
  const stranger = found.find((name) => !names.has(name));
  if (stranger === undefined) return;
  throw new Failure(`${folder} has other files in it: ${stranger}`, {
    code: 'output/not-a-context',
    exit: EXIT.usage,
    mend: 'Name an empty or a new folder with --output; nothing in that one was changed.',
  });
}
