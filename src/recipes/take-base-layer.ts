import { stat } from 'node:fs/promises';
import type { Layer } from '../container/image/layer.ts';
import type { LayerMediaType } from '../container/image/media-types.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import { baseName, type LockedLayer } from '../nouns/lock.ts';
import type { Assembly } from './assembly.ts';
import { takeHeldLayer } from './take-held-layer.ts';
import type { Workbench } from './workbench.ts';

/** A layer of the lock, where its blob is whole in the cache. */
export async function keptLayer(
  { bytes: size, digest, diffId, name, mediaType }: LockedLayer,
  bench: Workbench,
): Promise<Layer | undefined> {
  const path = await bench.cache.find(digest);
  if (path === undefined || (await stat(path)).size !== size) return undefined;
  bench.progress.step(`pack ${name}`).done('reused');
  return { name, mediaType: mediaType as LayerMediaType, digest, size, diffId, path };
}

/**
 * A layer of the image that is built upon, as it is: from the cache, else from where the configuration names that image. Throws
 * `base/layer-gone` where neither has it, and what opening the image throws.
 */
export async function takeBaseLayer(
  locked: LockedLayer,
  { parts, images }: Pick<Assembly, 'parts' | 'images'>,
  bench: Workbench,
): Promise<Layer> {
  const layer = (await keptLayer(locked, bench)) ?? (await takeHeldLayer(locked, images.base, bench));
  if (layer) return layer;
  throw new Failure(
    `${baseName(parts.base)} has not the layer ${locked.digest} any more, which the lock takes from it`,
    {
      code: 'base/layer-gone',
      exit: EXIT.usage,
      mend: 'Put the image back that was locked, name one that holds its layers at sources.images, or run plimsoll lock --update base.',
    },
  );
}
