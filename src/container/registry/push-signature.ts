import * as z from 'zod';
import { canonicalJson, type Json } from '../../nouns/canonical-json.ts';
import { type Digest, hexOf } from '../../nouns/digest.ts';
import type { Reference } from '../../nouns/reference.ts';
import type { SigningKey } from '../documents/signing-key.ts';
import { type Document, descriptorOf } from '../image/compose.ts';
import { MEDIA_TYPE } from '../image/media-types.ts';
import { documentOf } from './artifact.ts';
import { findManifest } from './pull.ts';
import { pullSmallBlob } from './pull-small-blob.ts';
import { pushArtifact } from './push-artifact.ts';
import type { BlobPush } from './push-blob.ts';
import { pushManifest } from './push-manifest.ts';

const SIGNATURE = 'dev.cosignproject.cosign/signature';
const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';
const ENVELOPE = 'application/vnd.dsse.envelope.v1+json';

const Layer = z.looseObject({
  mediaType: z.string(),
  digest: z.string(),
  size: z.number(),
  annotations: z.record(z.string(), z.string()).optional(),
});
type Layer = z.infer<typeof Layer>;
const SignatureManifest = z.looseObject({ layers: z.array(Layer) });

type Subject = Pick<Document, 'mediaType' | 'digest' | 'size'>;

/**
 * Signs a document of the repository as cosign does: a payload that names the repository and the digest, its signature in an annotation,
 * both under the tag `sha256-DIGEST.sig` and among what refers to the document. Where this key has signed it before, nothing changes:
 * a signature by ECDSA is another one each time.
 */
export async function pushSignature(
  subject: Subject,
  { key, push }: { readonly key: SigningKey; readonly push: BlobPush },
): Promise<void> {
  const { registry, repository } = push.reference;
  const payload = documentOf(
    SIMPLE_SIGNING,
    canonicalJson({
      critical: {
        identity: { 'docker-reference': `${registry}/${repository}` },
        image: { 'docker-manifest-digest': subject.digest },
        type: 'cosign container image signature',
      },
      optional: null,
    }),
  );
  const place = {
    tag: `${tagOf(subject.digest)}.sig`,
    artifactType: 'application/vnd.dev.cosign.artifact.sig.v1+json',
  };
  const others = await layersAt(place.tag, push);
  const isOurs = ({ digest, annotations }: Layer) =>
    digest === payload.digest && key.hasSigned(payload.bytes, Buffer.from(annotations?.[SIGNATURE] ?? '', 'base64'));
  if (others.some(isOurs)) return;
  const annotations = { [SIGNATURE]: key.sign(payload.bytes).toString('base64') };
  await pushLayers([...others, { ...descriptorOf(payload), annotations }], {
    ...place,
    subject,
    content: payload,
    push,
  });
}

export interface Statement {
  readonly subject: Subject;
  /** An in-toto statement. */
  readonly content: Document;
  readonly predicateType: string;
}

/** Signs a statement about a document as cosign does: in a DSSE envelope, under the tag `sha256-DIGEST.att`. */
export async function pushAttestation(
  { subject, content, predicateType }: Statement,
  { key, push }: { readonly key: SigningKey; readonly push: BlobPush },
): Promise<void> {
  const place = { tag: `${tagOf(subject.digest)}.att`, artifactType: ENVELOPE };
  const others = await layersAt(place.tag, push);
  for (const { digest, size } of others) {
    const envelope = await pullSmallBlob(push.reference, {
      digest: digest as Digest,
      bytes: size,
      registry: push.registry,
    });
    if (isEnvelopeOf(envelope, { content, key })) return;
  }
  const signature = key.sign(preAuthentication(content)).toString('base64');
  const envelope = documentOf(
    ENVELOPE,
    canonicalJson({
      payloadType: content.mediaType,
      payload: Buffer.from(content.bytes).toString('base64'),
      signatures: [{ keyid: '', sig: signature }],
    }),
  );
  const annotations = { [SIGNATURE]: '', predicateType };
  await pushLayers([...others, { ...descriptorOf(envelope), annotations }], {
    ...place,
    subject,
    content: envelope,
    push,
  });
}

/** What is signed of an envelope, by the DSSE protocol, version 1. */
export function preAuthentication({ mediaType, bytes }: Pick<Document, 'mediaType' | 'bytes'>): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${mediaType.length} ${mediaType} ${bytes.length} `), bytes]);
}

const Envelope = z.object({ payload: z.base64(), signatures: z.array(z.object({ sig: z.base64() })) });

function isEnvelopeOf(
  bytes: Uint8Array,
  { content, key }: { readonly content: Document; readonly key: SigningKey },
): boolean {
  const parsed = Envelope.safeParse(jsonOf(Buffer.from(bytes).toString('utf8')));
  if (!parsed.success || !Buffer.from(parsed.data.payload, 'base64').equals(content.bytes)) return false;
  return parsed.data.signatures.some(({ sig }) =>
    key.hasSigned(preAuthentication(content), Buffer.from(sig, 'base64')),
  );
}

async function layersAt(tag: string, { reference, registry }: BlobPush): Promise<readonly Layer[]> {
  const found = await findManifest(taggedIn(reference, tag), registry);
  const parsed = SignatureManifest.safeParse(found?.json);
  return parsed.success ? parsed.data.layers : [];
}

interface Placing {
  readonly tag: string;
  readonly artifactType: string;
  readonly subject: Subject;
  /** Of the last layer; those before are there. */
  readonly content: Document;
  readonly push: BlobPush;
}

async function pushLayers(
  layers: readonly Layer[],
  { tag, artifactType, subject, content, push }: Placing,
): Promise<void> {
  const config = documentOf(
    MEDIA_TYPE.config,
    canonicalJson({
      architecture: '',
      os: '',
      config: {},
      rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    }),
  );
  const manifest = documentOf(
    MEDIA_TYPE.manifest,
    canonicalJson({
      schemaVersion: 2,
      mediaType: MEDIA_TYPE.manifest,
      artifactType,
      config: descriptorOf(config),
      layers,
      subject: descriptorOf(subject),
    } as unknown as Json),
  );
  const artifact = { manifest, blobs: [config, content], artifactType, annotations: {} };
  await pushArtifact(artifact, { subject: subject.digest, push });
  await pushManifest(manifest, { reference: taggedIn(push.reference, tag), registry: push.registry });
}

function taggedIn({ registry, repository }: Reference, tag: string): Reference {
  return { registry, repository, tag };
}

function tagOf(digest: Digest): string {
  return `sha256-${hexOf(digest)}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
