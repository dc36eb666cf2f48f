import * as z from 'zod';
import { type Digest, digestOf, isDigest } from '../../nouns/digest.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import type { HeldDocument, HeldImage } from './held-index.ts';

/** The distribution specification's own bound for a manifest. */
export const MAX_DOCUMENT_BYTES = 4 * 2 ** 20;
/** An index of indexes of manifests is as deep as the format is used. */
const MAX_DEPTH = 4;
/** More than any index lists; bounds what a hostile one makes us read. */
const MAX_IMAGES = 64;

const DigestText = z.custom<Digest>((value) => typeof value === 'string' && isDigest(value), 'wanted a SHA-256 digest');

export const Descriptor = z.looseObject({
  mediaType: z.string().optional(),
  digest: DigestText,
  size: z.number().int().nonnegative(),
  annotations: z.record(z.string(), z.string()).optional(),
});
export type Descriptor = z.infer<typeof Descriptor>;

const Index = z.looseObject({ manifests: z.array(Descriptor) });
const Manifest = z.looseObject({ config: Descriptor, layers: z.array(Descriptor) });
const Config = z.looseObject({
  os: z.string(),
  architecture: z.string(),
  rootfs: z.looseObject({ diff_ids: z.array(DigestText) }),
});

/** Where the documents and blobs of images lie. */
export interface BlobStore {
  /** For messages. */
  readonly name: string;
  document(descriptor: Descriptor): Promise<Uint8Array>;
  /** The blob as a file. */
  blob(descriptor: Descriptor): Promise<string>;
}

/**
 * All images that a descriptor leads to; what is no image, such as a bill of materials, is passed over. Every document is checked
 * against its digest. Throws `image/unreadable` for one that is not what it should be.
 */
export async function readImages(descriptor: Descriptor, store: BlobStore): Promise<readonly HeldImage[]> {
  const images: HeldImage[] = [];
  let level: readonly Descriptor[] = [descriptor];
  for (let depth = 0; depth < MAX_DEPTH && level.length > 0; depth += 1) {
    const below: Descriptor[] = [];
    for (const item of level) {
      const document = await readDocument(item, store);
      const index = Index.safeParse(document.json);
      if (index.success) below.push(...index.data.manifests);
      else images.push(...(await imageOf(document, store)));
      if (images.length + below.length > MAX_IMAGES)
        throw unreadable(store.name, `it lists more than ${MAX_IMAGES} images`);
    }
    level = below;
  }
  return images;
}

async function imageOf(manifest: HeldDocument, store: BlobStore): Promise<readonly HeldImage[]> {
  const parsed = Manifest.safeParse(manifest.json);
  if (!parsed.success) return [];
  const { config: descriptor, layers } = parsed.data;
  if (!/\bimage\b/.test(descriptor.mediaType ?? '')) return [];
  const config = await readDocument(descriptor, store);
  const { platform, diffIds } = readConfig(config.json, store.name);
  // Provenance that builders put beside an image says that it is for no platform.
  if (platform.startsWith('unknown')) return [];
  if (diffIds.length !== layers.length) {
    throw unreadable(store.name, `its configuration names ${diffIds.length} layers, its manifest ${layers.length}`);
  }
  const held = layers.map((layer, index) => ({
    digest: layer.digest,
    mediaType: layer.mediaType,
    diffId: diffIds[index] as Digest,
    fetch: () => store.blob(layer),
  }));
  return [{ platform, manifest, config, layers: held }];
}

/** What an image's configuration says of its platform and layers. Throws `image/unreadable`. */
export function readConfig(json: unknown, name: string): { platform: string; diffIds: readonly Digest[] } {
  const config = Config.safeParse(json);
  if (!config.success) throw unreadable(name, `its configuration is none: ${config.error.issues[0]?.message}`);
  const { os, architecture, rootfs } = config.data;
  return { platform: `${os}/${architecture}`, diffIds: rootfs.diff_ids };
}

/** A document that has the digest which its descriptor says. */
export async function readDocument(descriptor: Descriptor, store: BlobStore): Promise<HeldDocument> {
  if (descriptor.size > MAX_DOCUMENT_BYTES) throw unreadable(store.name, `${descriptor.digest} is too long a document`);
  const document = parseDocument(await store.document(descriptor), store.name);
  if (document.digest === descriptor.digest) return document;
  throw unreadable(store.name, `found the digest ${document.digest}, wanted ${descriptor.digest}`);
}

export function parseDocument(bytes: Uint8Array, name: string): HeldDocument {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return { digest: digestOf(bytes), bytes, json: JSON.parse(text) as unknown };
  } catch (cause) {
    throw unreadable(name, 'a document of it is not JSON', cause);
  }
}

export function unreadable(name: string, why: string, cause?: unknown): Failure {
  return new Failure(`${name} cannot be read as an image: ${why}`, {
    code: 'image/unreadable',
    exit: EXIT.usage,
    mend: 'See that it names a whole OCI layout, an archive, or an image that is there.',
    cause,
  });
}
