import * as z from 'zod';
import type { Cache } from '../../cache/cache.ts';
import { type Digest, isDigest } from '../../nouns/digest.ts';
import type { Layer } from './layer.ts';
import { MEDIA_TYPE } from './media-types.ts';

const DigestText = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value));

const LayerFacts = z.strictObject({
  mediaType: z.enum([MEDIA_TYPE.layer, MEDIA_TYPE.gzipLayer, MEDIA_TYPE.zstdLayer]),
  digest: DigestText,
  size: z.number().int().positive(),
  diffId: DigestText,
});

/** The layer that was made for this key before, where its blob is still whole in the cache. */
export async function recallLayer(
  key: string,
  { name, cache }: { readonly name: string; readonly cache: Cache },
): Promise<Layer | undefined> {
  const facts = LayerFacts.safeParse(await cache.recall(key));
  if (!facts.success) return undefined;
  const path = await cache.find(facts.data.digest);
  return path === undefined ? undefined : { name, ...facts.data, path };
}

export async function rememberLayer(
  key: string,
  { layer, cache }: { readonly layer: Layer; readonly cache: Cache },
): Promise<void> {
  const { mediaType, digest, size, diffId } = layer;
  await cache.remember(key, { mediaType, digest, size, diffId });
}
