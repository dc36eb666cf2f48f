import { createReadStream } from 'node:fs';
import { readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../cache/make-folder.ts';
import { flattenLayers, removesPaths } from '../container/base/flatten-layers.ts';
import { unpackBlob } from '../container/held/unpack-blob.ts';
import { baseLayerName, isBaseLayer } from '../container/image/base-layers.ts';
import type { Image } from '../container/image/compose.ts';
import { layerFileName, renderBaseDockerfile, renderDockerfile } from '../container/image/dockerfile.ts';
import type { Layer } from '../container/image/layer.ts';
import { MEDIA_TYPE } from '../container/image/media-types.ts';
import { withPartialFolder } from '../container/image/partial-folder.ts';
import { placeBlob } from '../container/image/place-blob.ts';
import { asWriteFailure } from '../container/image/write-failure.ts';
import { decompress } from '../container/sources/decompress.ts';
import type { Digest } from '../nouns/digest.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Workbench } from './workbench.ts';

const DOCKERFILE = 'Dockerfile';
const BASE_DOCKERFILE = 'Dockerfile.base';
const PARTIAL = '.partial';

/**
 * Writes a context that a container engine builds this image from: the layers as they are, then the Dockerfiles, each whole or not at
 * all. Throws `output/…` Failures.
 */
export async function writeDockerContext(packed: Image, folder: string, bench: Workbench): Promise<void> {
  const { progress, signal } = bench;
  const image = { ...packed, layers: await addableLayers(packed.layers, bench) };
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
        const source = layer.mediaType === MEDIA_TYPE.zstdLayer ? await unpacked(layer, bench) : layer;
        const { digest, size, path } = source;
        const target = join(folder, layerFileName(layer));
        await placeBlob({ source: { path }, digest, size, target, partial: fresh() });
        step.advance(layer.size);
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

/**
 * The layers as an engine can add them one by one: those of a base where one removes what is in another are made into one, since an
 * added archive removes nothing.
 */
async function addableLayers(layers: readonly Layer[], { cache }: Workbench): Promise<readonly Layer[]> {
  const base = layers.filter(({ name }) => isBaseLayer(name));
  const open = ({ path, name }: Layer) => unpackBlob(path, name);
  const removing = await Promise.all(base.map((layer) => removesPaths(open(layer), layer.name)));
  if (!removing.includes(true)) return layers;
  const sources = base.map((layer) => ({ diffId: layer.diffId, open: () => open(layer) }));
  const { digest, bytes: size, path } = await cache.put(await flattenLayers({ name: 'the base', layers: sources }));
  const flat: Layer = { name: baseLayerName(), mediaType: MEDIA_TYPE.layer, digest, size, diffId: digest, path };
  return [flat, ...layers.slice(base.length)];
}

/** Far more than a layer below a model's has. */
const MAX_UNPACKED_BYTES = 8 * 2 ** 30;

/** Engines of some age unpack gzip when they add a file, and put zstd there as it is. */
async function unpacked(
  { name, path, diffId }: Layer,
  { cache }: Workbench,
): Promise<{ readonly digest: Digest; readonly size: number; readonly path: string }> {
  const known = await cache.find(diffId);
  if (known !== undefined) return { digest: diffId, size: (await stat(known)).size, path: known };
  const tar = decompress(createReadStream(path), { name: `${name}.tar.zst`, maxBytes: MAX_UNPACKED_BYTES });
  const blob = await cache.put(tar, { expected: diffId, what: `the layer ${name}` });
  return { digest: blob.digest, size: blob.bytes, path: blob.path };
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
