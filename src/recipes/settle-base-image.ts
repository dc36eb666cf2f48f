import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { unfitBase } from '../container/base/base-failure.ts';
import { readBase } from '../container/base/read-base.ts';
import type { HeldImage, HeldIndex, HeldLayer } from '../container/held/held-index.ts';
import { unpackBlob } from '../container/held/unpack-blob.ts';
import { encodingNamed } from '../container/image/encoders.ts';
import { packTar } from '../container/image/layer.ts';
import { type LayerMediaType, MEDIA_TYPE } from '../container/image/media-types.ts';
import type { BaseImage, ImageBase, LockedLayer } from '../nouns/lock.ts';
import type { Platform } from '../nouns/platform.ts';
import { pinnedName } from './image-shelf.ts';
import { openImage } from './open-image.ts';
import type { BaseQuestion } from './settle-base.ts';
import type { Workbench } from './workbench.ts';

/**
 * An image as the base: by the lock where that has it, else what its name leads to now, by digest for each platform. Its layers are
 * fetched and read. Throws `base/unfit` where it cannot be built upon, and what opening it throws.
 */
export async function settleBaseImage({ project, demand, lock }: BaseQuestion, bench: Workbench): Promise<ImageBase> {
  const { base: name, platforms } = demand;
  const locales = [...demand.locales];
  const base = lock?.base.distribution === 'image' ? lock.base : undefined;
  const kept = base?.name === name && base.locales.join() === locales.join() ? base : undefined;
  const missing = platforms.filter((platform) => kept?.platforms[platform] === undefined);
  if (kept && missing.length === 0) return kept;
  // A platform that is added to a lock is one of the same image as the others.
  const image = await openImage(kept ? pinnedName(kept) : name, project.folder, bench);
  try {
    const digest = image.document?.digest ?? null;
    const found: [Platform, BaseImage][] = [];
    for (const platform of missing)
      found.push([platform, await settlePlatform(image, { platform, demand, name, bench })]);
    return {
      distribution: 'image',
      name,
      digest,
      locales,
      platforms: { ...kept?.platforms, ...Object.fromEntries(found) },
    };
  } finally {
    await image.close();
  }
}

interface Settling {
  readonly platform: Platform;
  readonly name: string;
  readonly demand: Pick<BaseQuestion['demand'], 'encoder'>;
  readonly bench: Workbench;
}

/** Engines stack no more than 127 layers, and the image has four of its own. */
const MAX_LAYERS = 120;

async function settlePlatform(image: HeldIndex, settling: Settling): Promise<BaseImage> {
  const { platform, name, bench } = settling;
  const held = imageOf(image, settling);
  const count = held.layers.length;
  if (count === 0 || count > MAX_LAYERS) throw unfitBase(name, [`it has ${count} layers; wanted 1 to ${MAX_LAYERS}`]);
  const layers: Omit<LockedLayer, 'name'>[] = [];
  const sources: { readonly diffId: LockedLayer['diffId']; readonly open: () => AsyncGenerator<Uint8Array> }[] = [];
  for (const [index, layer] of held.layers.entries()) {
    bench.signal?.throwIfAborted();
    const { path, ...facts } = await takeLayer(layer, { ...settling, what: `layer ${index + 1} of ${name}` });
    layers.push(facts);
    sources.push({ diffId: facts.diffId, open: () => unpackBlob(path, `layer ${index + 1} of ${name}`) });
  }
  const step = bench.progress.step(`read the base for ${platform}`);
  const facts = await readBase({ name, layers: sources }, held.config.json);
  step.done(`${facts.packages.length} packages`);
  return {
    manifest: held.manifest?.digest ?? null,
    config: held.config.digest,
    layers,
    environment: { ...facts.environment },
    labels: { ...facts.labels },
    release: facts.release,
    packages: [...facts.packages],
  };
}

function imageOf({ images }: HeldIndex, { platform, name }: Settling): HeldImage {
  const own = images.filter((image) => image.platform === platform);
  const [first, ...others] = own;
  if (first && others.length === 0) return first;
  if (first)
    throw unfitBase(name, [`it leads to ${own.length} images for ${platform}; name one, for instance by its tag`]);
  const there = [...new Set(images.map((image) => image.platform))].join(', ');
  throw unfitBase(name, [`it has none for ${platform}, which the key "platforms" wants; it has ${there}`]);
}

/** What a layer of either maker is called in an OCI image; the bytes are the same. */
const MEDIA_TYPES: Readonly<Record<string, LayerMediaType>> = {
  [MEDIA_TYPE.layer]: MEDIA_TYPE.layer,
  [MEDIA_TYPE.gzipLayer]: MEDIA_TYPE.gzipLayer,
  [MEDIA_TYPE.zstdLayer]: MEDIA_TYPE.zstdLayer,
  'application/vnd.docker.image.rootfs.diff.tar': MEDIA_TYPE.layer,
  'application/vnd.docker.image.rootfs.diff.tar.gzip': MEDIA_TYPE.gzipLayer,
  'application/vnd.docker.image.rootfs.diff.tar.zstd': MEDIA_TYPE.zstdLayer,
};

/** What a single layer may have as it is stored. */
const MAX_LAYER_BYTES = 12 * 2 ** 30;

/** The layer as it is; one that an engine has unpacked has no other form than its tar, and is compressed as the image's own are. */
async function takeLayer(
  layer: HeldLayer,
  { what, name, demand, bench }: Settling & { readonly what: string },
): Promise<Omit<LockedLayer, 'name'> & { readonly path: string }> {
  const mediaType = layer.digest && MEDIA_TYPES[layer.mediaType ?? ''];
  if (layer.digest && mediaType === undefined)
    throw unfitBase(name, [`${what} is of the kind ${layer.mediaType ?? 'none'}`]);
  const { cache } = bench;
  const place = await layer.fetch();
  if (layer.digest === undefined || mediaType === undefined) {
    const encoding = encodingNamed(demand.encoder);
    const packed = await packTar(() => unpackBlob(place, what), { name: what, encoding, cache });
    const { digest, size: bytes, diffId, path } = packed;
    return { mediaType: packed.mediaType, digest, bytes, diffId, path };
  }
  const known = await cache.find(layer.digest);
  const options = { expected: layer.digest, maxBytes: MAX_LAYER_BYTES, what };
  const path = known ?? (await cache.put(createReadStream(place), options)).path;
  return { mediaType, digest: layer.digest, bytes: (await stat(path)).size, diffId: layer.diffId, path };
}
