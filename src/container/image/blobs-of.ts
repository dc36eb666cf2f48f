import type { Digest } from '../../nouns/digest.ts';
import type { Document, Image, Index } from './compose.ts';
import type { BlobSource } from './place-blob.ts';

export interface ImageBlob {
  readonly digest: Digest;
  readonly size: number;
  readonly source: BlobSource;
}

/** Every blob of an index or of one image, each once, so that a blob comes before what points at it. */
export function blobsOf(content: Index | Image): readonly ImageBlob[] {
  const images = 'images' in content ? content.images : [content];
  const all = [
    ...images.flatMap(({ layers }) => layers.map(({ digest, size, path }) => ({ digest, size, source: { path } }))),
    ...images.flatMap(({ config, manifest }) => [inMemory(config), inMemory(manifest)]),
    ...('images' in content ? [inMemory(content)] : []),
  ];
  return [...new Map(all.map((blob) => [blob.digest, blob])).values()];
}

function inMemory({ digest, size, bytes }: Document): ImageBlob {
  return { digest, size, source: { bytes } };
}
