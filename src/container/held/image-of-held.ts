import { stat } from 'node:fs/promises';
import { digestOfFile } from '../../cache/digest-of-file.ts';
import { digestOf } from '../../nouns/digest.ts';
import type { Platform } from '../../nouns/platform.ts';
import type { Document, Image } from '../image/compose.ts';
import { type LayerMediaType, MEDIA_TYPE } from '../image/media-types.ts';
import type { HeldDocument, HeldImage } from './held-index.ts';

/** A held image with all of its blobs at hand, for whoever takes images that were made here. Throws where one cannot be had. */
export async function imageOfHeld(held: HeldImage): Promise<Image> {
  const layers = await Promise.all(
    held.layers.map(async ({ digest: named, mediaType, diffId, fetch }, index) => {
      const path = await fetch();
      // An engine has dropped what its layers were called when they were packed.
      const digest = named ?? (await digestOfFile(path));
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
  const manifest = documentOf(held.manifest ?? NO_MANIFEST, MEDIA_TYPE.manifest);
  return { platform: held.platform as Platform, manifest, config, layers };
}

/** Of an image whose own one is lost; archives for an engine have no place for it anyway. */
const NO_MANIFEST = { bytes: Buffer.from('{}'), digest: digestOf('{}') };

function documentOf({ digest, bytes }: Pick<HeldDocument, 'digest' | 'bytes'>, mediaType: string): Document {
  return { mediaType, digest, size: bytes.length, bytes };
}
