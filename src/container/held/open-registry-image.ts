import { readFile } from 'node:fs/promises';
import { atDigest, type Reference, renderReference } from '../../nouns/reference.ts';
import { pullBlob, pullManifest } from '../registry/pull.ts';
import type { Registry } from '../registry/registry.ts';
import type { Supply } from '../sources/download.ts';
import type { HeldIndex } from './held-index.ts';
import { type BlobStore, parseDocument, readImages, unreadable } from './read-images.ts';

/** An image in a registry; its layers are pulled when they are asked for. Throws `registry/…` and `image/unreadable` Failures. */
export async function openRegistryImage(
  reference: Reference,
  { registry, supply }: { readonly registry: Registry; readonly supply: Supply },
): Promise<HeldIndex> {
  const name = renderReference(reference);
  const root = await pullManifest(reference, registry);
  const store: BlobStore = {
    name,
    document: async ({ digest, size, mediaType }) => {
      if (digest === root.digest) return root.bytes;
      if (/\b(index|manifest)\b/.test(mediaType ?? ''))
        return (await pullManifest(atDigest(reference, digest), registry)).bytes;
      const { path } = await pullBlob({ reference, digest, bytes: size }, { registry, supply });
      return readFile(path);
    },
    blob: async ({ digest, size }) => (await pullBlob({ reference, digest, bytes: size }, { registry, supply })).path,
  };
  const images = await readImages({ digest: root.digest, size: root.bytes.length, mediaType: root.mediaType }, store);
  if (images.length === 0) throw unreadable(name, 'it is no image');
  return { name, local: false, document: parseDocument(root.bytes, name), images, close: () => registry.close() };
}
