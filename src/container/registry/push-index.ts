import { formatByteSize } from '../../nouns/byte-size.ts';
import type { Digest } from '../../nouns/digest.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { type Reference, renderReference } from '../../nouns/reference.ts';
import { blobsOf, type ImageBlob } from '../image/blobs-of.ts';
import type { Document, Index } from '../image/compose.ts';
import type { Supply } from '../sources/download.ts';
import { fetchAll } from '../sources/fetch-all.ts';
import type { Artifact } from './artifact.ts';
import { pushArtifact } from './push-artifact.ts';
import { type BlobPush, pushBlob } from './push-blob.ts';
import { assertTag, pushManifest } from './push-manifest.ts';
import { openRegistry, type Registry, type RegistryOptions } from './registry.ts';

export interface Attachment {
  readonly subject: Digest;
  readonly artifact: Artifact;
}

export interface PushOptions {
  readonly reference: Reference;
  /** What is to hang on the index or one of its images. */
  readonly attachments: readonly Attachment[];
  /** What is put beside it once it is there and before its tag moves: a signature, for instance. */
  readonly beforeTag?: (push: BlobPush) => Promise<void>;
  readonly machine: RegistryOptions['machine'];
  readonly settings?: Omit<RegistryOptions, 'machine' | 'signal'>;
}

export interface Pushed {
  /** With the digest. */
  readonly reference: Reference;
  readonly uploadedBytes: number;
}

/**
 * Pushes an index with all that it names: layers, then configurations, then each image's manifest, then the index, then what hangs on it,
 * and the tag last, so that at any moment a tag leads to something whole. Throws `registry/…` and `network/…` Failures.
 */
export async function pushIndex(index: Index, options: PushOptions, supply: Supply): Promise<Pushed> {
  const { reference, settings = {}, machine } = options;
  assertDigest(index, reference);
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, ...(supply.signal ? [supply.signal] : [])]);
  const registry = openRegistry(reference.registry, { ...settings, machine, signal });
  const step = supply.progress.step(`push ${renderReference(reference)}`);
  try {
    const push = { reference, registry, cache: supply.cache, onBytes: step.advance };
    const { layers, configs } = partsOf(index);
    step.total([...layers, ...configs].reduce((total, { size }) => total + size, 0));
    const stages = [
      await pushBlobs(layers, { push, stop, supply }),
      await pushBlobs(configs, { push, stop, supply }),
      await pushDocuments([...index.images.map(({ manifest }) => manifest), index], push),
    ];
    const quietly = { ...push, onBytes: () => {} };
    for (const { subject, artifact } of options.attachments) await pushArtifact(artifact, { subject, push: quietly });
    await options.beforeTag?.(quietly);
    signal.throwIfAborted();
    await tag(index, { reference, registry });
    const uploadedBytes = stages.reduce((total, bytes) => total + bytes, 0);
    step.done(uploadedBytes === 0 ? 'all there' : formatByteSize(uploadedBytes));
    return { reference: { ...reference, digest: index.digest }, uploadedBytes };
  } catch (error) {
    step.done('failed');
    throw error;
  } finally {
    await registry.close();
  }
}

/** A few at a time; when one fails the others are called off. Gives how many bytes had to be sent. */
async function pushBlobs(
  blobs: readonly ImageBlob[],
  { push, stop, supply }: { readonly push: BlobPush; readonly stop: AbortController; readonly supply: Supply },
): Promise<number> {
  const pushes = blobs.map((blob) => async () => {
    try {
      return await pushOne(blob, push);
    } catch (error) {
      stop.abort(error);
      throw error;
    }
  });
  return (await fetchAll(pushes, { supply })).reduce((total, bytes) => total + bytes, 0);
}

/** In their order: what a document names is there before it. */
async function pushDocuments(documents: readonly Document[], { reference, registry }: BlobPush): Promise<number> {
  const bare = { registry: reference.registry, repository: reference.repository };
  let bytes = 0;
  for (const document of documents) {
    if ((await pushManifest(document, { reference: bare, registry })).sent) bytes += document.size;
  }
  return bytes;
}

async function pushOne(blob: ImageBlob, push: BlobPush): Promise<number> {
  const outcome = await pushBlob(blob, push);
  if (outcome !== 'uploaded') push.onBytes(blob.size);
  return outcome === 'uploaded' ? blob.size : 0;
}

function partsOf(index: Index): { readonly layers: readonly ImageBlob[]; readonly configs: readonly ImageBlob[] } {
  const documents = new Set([index, ...index.images.map(({ manifest }) => manifest)].map(({ digest }) => digest));
  const configs = new Set(index.images.map(({ config }) => config.digest));
  const blobs = blobsOf(index).filter(({ digest }) => !documents.has(digest));
  return {
    layers: blobs.filter(({ digest }) => !configs.has(digest)),
    configs: blobs.filter(({ digest }) => configs.has(digest)),
  };
}

async function tag(
  index: Index,
  { reference, registry }: { readonly reference: Reference; readonly registry: Registry },
): Promise<void> {
  if (reference.tag === undefined) return;
  const { digest: _, ...tagged } = reference;
  await pushManifest(index, { reference: tagged, registry });
  await assertTag(index, { reference, registry });
}

function assertDigest({ digest }: Index, reference: Reference): void {
  if (reference.digest === undefined || reference.digest === digest) return;
  throw new Failure(`${renderReference(reference)} asks for another digest than this image has: ${digest}`, {
    code: 'registry/other-digest',
    exit: EXIT.usage,
    mend: 'Push to a tag, or find out what changed with plimsoll package --frozen.',
  });
}
