import type { SupplyDocument } from '../container/documents/documents.ts';
import type { SigningKey } from '../container/documents/signing-key.ts';
import { documentsFolder, writeDocuments } from '../container/documents/write-documents.ts';
import type { Engine } from '../container/engine/engine.ts';
import { findEngine } from '../container/engine/find-engine.ts';
import { type LoadedImage, loadImage } from '../container/engine/load-image.ts';
import { writeDockerArchive, writeOciArchive } from '../container/image/archives.ts';
import type { Image, Index } from '../container/image/compose.ts';
import { writeOciLayout } from '../container/image/oci-layout.ts';
import { composeArtifact } from '../container/registry/artifact.ts';
import { type BlobPush, rememberNeighbour } from '../container/registry/push-blob.ts';
import { type Pushed, pushIndex } from '../container/registry/push-index.ts';
import { pushAttestation, pushSignature } from '../container/registry/push-signature.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import { isImagePlace } from '../nouns/image-place.ts';
import type { Lock } from '../nouns/lock.ts';
import { PLATFORMS, type Platform } from '../nouns/platform.ts';
import { parseReference, type Reference } from '../nouns/reference.ts';
import type { Sink } from './sinks.ts';
import type { Workbench } from './workbench.ts';

/** Writes the index wherever it is wanted; each sink is whole or untouched. */
export async function deliver(
  index: Index,
  {
    sinks,
    reference,
    documents = [],
  }: { sinks: readonly Sink[]; reference: string; documents?: readonly SupplyDocument[] },
  bench: Workbench,
): Promise<void> {
  const options = { reference, progress: bench.progress, ...(bench.signal && { signal: bench.signal }) };
  for (const { kind, path } of sinks) {
    if (kind === 'oci') {
      await writeOciLayout(index, path, options);
      await writeDocuments(documents, documentsFolder(path));
    } else if (kind === 'oci-archive') await writeOciArchive(index, path, options);
    else await writeDockerArchive(imageFor(index, bench.machine.cpu), path, options);
  }
}

/**
 * The engine that images are loaded into.
 * @throws Failure `engine/…` where there is none, with what to do.
 */
export async function requireEngine({ machine }: Workbench): Promise<Engine> {
  const search = await findEngine(machine.env, machine);
  if ('failure' in search) throw search.failure;
  return search.engine;
}

/** Loads the image of the engine's own platform, or the only one that was built, into the engine. */
export async function loadIntoEngine(
  index: Index,
  { engine, reference }: { engine: Engine; reference: string },
  { progress, signal }: Workbench,
): Promise<LoadedImage> {
  const image = imageFor(index, engine.architecture);
  return loadImage(engine, image, { reference, progress, ...(signal && { signal }) });
}

/** Pushes the index with all that it names and the documents about it; the tag moves last. */
export async function pushToRegistry(
  index: Index,
  {
    reference,
    documents,
    base,
    key,
  }: { reference: Reference; documents: readonly SupplyDocument[]; base: Lock['base']; key?: SigningKey },
  bench: Workbench,
): Promise<Pushed> {
  await rememberBase(base, reference, bench);
  const attachments = documents.map(({ subject, content }) => ({
    subject: subject.digest,
    artifact: composeArtifact({ artifactType: content.mediaType, subject, content }),
  }));
  const beforeTag = key && ((push: BlobPush) => signAll(index, { documents, key, push }));
  return pushIndex(index, { reference, attachments, machine: bench.machine, ...(beforeTag && { beforeTag }) }, bench);
}

/** The layers of a base in the same registry need not be sent: the registry can share them. */
async function rememberBase(base: Lock['base'], { registry }: Reference, { cache }: Workbench): Promise<void> {
  if (base.distribution === 'debian' || isImagePlace(base.name)) return;
  const reference = parseReference(base.name);
  if (reference.registry !== registry) return;
  const layers = Object.values(base.platforms).flatMap((image) => image.layers);
  for (const { digest } of layers) await rememberNeighbour(digest, { reference, cache });
}

/** The index and each image, since either is what a cluster may ask for; and where they come from. */
async function signAll(
  index: Index,
  { documents, key, push }: { documents: readonly SupplyDocument[]; key: SigningKey; push: BlobPush },
): Promise<void> {
  for (const subject of [index, ...index.images.map(({ manifest }) => manifest)]) {
    await pushSignature(subject, { key, push });
  }
  for (const { subject, content, predicateType } of documents) {
    if (predicateType) await pushAttestation({ subject, content, predicateType }, { key, push });
  }
}

/** The image for a processor, named as Node or an engine names it; where one platform alone was built, that one. */
export function imageFor(index: Index, cpu: string): Image {
  const [first, ...others] = index.images;
  const own = index.images.find(({ platform }) => isFor(platform, cpu));
  if (own) return own;
  if (first && others.length === 0) return first;
  throw new Failure(`no image for ${cpu}; there are ${index.images.map((image) => image.platform).join(', ')}`, {
    code: 'output/no-platform',
    exit: EXIT.usage,
    mend: 'Say which one with --platform.',
  });
}

function isFor(platform: Platform, cpu: string): boolean {
  const { architecture, npmCpu } = PLATFORMS[platform];
  return cpu === architecture || cpu === npmCpu;
}
