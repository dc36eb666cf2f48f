import * as z from 'zod';
import { canonicalJson, type Json } from '../../nouns/canonical-json.ts';
import { type Digest, hexOf } from '../../nouns/digest.ts';
import type { Reference } from '../../nouns/reference.ts';
import { descriptorOf } from '../image/compose.ts';
import { MEDIA_TYPE } from '../image/media-types.ts';
import { type Artifact, documentOf } from './artifact.ts';
import { findManifest } from './pull.ts';
import { type BlobPush, pushBlob } from './push-blob.ts';
import { pushManifest } from './push-manifest.ts';

const ReferrersIndex = z.looseObject({ manifests: z.array(z.looseObject({ digest: z.string() })) });

/**
 * Puts an artifact beside what it is about, so that it is found there: the registry lists it by itself, or where it does not know how,
 * it is listed under the fallback tag of the distribution specification.
 */
export async function pushArtifact(
  artifact: Artifact,
  { subject, push }: { readonly subject: Digest; readonly push: BlobPush },
): Promise<void> {
  const { reference, registry } = push;
  for (const { digest, size, bytes } of artifact.blobs) await pushBlob({ digest, size, source: { bytes } }, push);
  const { registry: host, repository } = reference;
  const { listed } = await pushManifest(artifact.manifest, { reference: { registry: host, repository }, registry });
  if (!listed && !(await listsReferrers(subject, push))) await listByTag(artifact, { subject, push });
}

/** Whether the registry has the referrers API. */
async function listsReferrers(subject: Digest, { reference, registry }: BlobPush): Promise<boolean> {
  const { repository } = reference;
  const call = {
    method: 'GET' as const,
    target: `/v2/${repository}/referrers/${subject}`,
    repository,
    scopes: [`repository:${repository}:pull,push`],
    headers: { accept: MEDIA_TYPE.index },
    action: 'list',
    what: `what refers to ${subject}`,
    statuses: [200, 400, 404, 405],
  };
  return registry.call(call, async ({ status, headers }) => {
    // A page that answers everything is no list.
    return status === 200 && String(headers['content-type']).startsWith(MEDIA_TYPE.index);
  });
}

/** Adds it to the index under the fallback tag, where it is not in it. Two who do so at once may lose one: the tag has no lock. */
async function listByTag(
  artifact: Artifact,
  { subject, push }: { readonly subject: Digest; readonly push: BlobPush },
): Promise<void> {
  const { registry } = push;
  const reference = fallbackReference(push.reference, subject);
  const found = ReferrersIndex.safeParse((await findManifest(reference, registry))?.json);
  const others = found.success ? found.data.manifests.filter(({ digest }) => digest !== artifact.manifest.digest) : [];
  const { artifactType, annotations } = artifact;
  const entry = {
    ...descriptorOf(artifact.manifest),
    artifactType,
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
  const manifests = [...others, entry].sort((a, b) => (a.digest < b.digest ? -1 : 1));
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPE.index, manifests } as unknown as Json;
  await pushManifest(documentOf(MEDIA_TYPE.index, canonicalJson(index)), { reference, registry });
}

/** Where a registry without the referrers API keeps the list of what refers to a digest. */
export function fallbackReference({ registry, repository }: Reference, subject: Digest): Reference {
  return { registry, repository, tag: `sha256-${hexOf(subject)}` };
}
