import { stat } from 'node:fs/promises';
import type { Platform } from '../../nouns/platform.ts';
import type { Document, Image } from '../image/compose.ts';
import { type LayerMediaType, MEDIA_TYPE } from '../image/media-types.ts';
import type { HeldDocument, HeldImage } from './held-index.ts';
import { unreadable } from './read-images.ts';

/** A held image with all of its blobs at hand, for whoever takes images that were made here. Throws where one cannot be had. */
export async function imageOfHeld(held: HeldImage, name: string): Promise<Image> {
  const layers = await Promise.all(
    held.layers.map(async ({ digest, mediaType, diffId, fetch }, index) => {
      if (digest === undefined) throw unreadable(name, 'an engine has packed its layers in its own way');
      const path = await fetch();
      const { size } = await stat(path);
      return {
        name: `${index}`,
        mediaType: (mediaType ?? MEDIA_TYPE.layer) as LayerMediaType,
        digest,
        size,
        diffId,
        path,
      };
    }),
  );
  const config = documentOf(held.config, MEDIA_TYPE.config);
  const manifest = documentOf(held.manifest ?? held.config, MEDIA_TYPE.manifest);
  return { platform: held.platform as Platform, manifest, config, layers };
}

function documentOf({ digest, bytes }: HeldDocument, mediaType: string): Document {
  return { mediaType, digest, size: bytes.length, bytes };
}
