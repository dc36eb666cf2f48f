import { canonicalJson, type Json } from '../../nouns/canonical-json.ts';
import { digestOf } from '../../nouns/digest.ts';
import { type Document, descriptorOf } from '../image/compose.ts';
import { MEDIA_TYPE } from '../image/media-types.ts';

/** Something that says more about an image, and hangs on it: a bill of materials, a provenance, a signature. */
export interface Artifact {
  readonly manifest: Document;
  /** What the manifest names: its configuration and its content. */
  readonly blobs: readonly Document[];
  readonly artifactType: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ArtifactFacts {
  readonly artifactType: string;
  /** What it is about. */
  readonly subject: Pick<Document, 'mediaType' | 'digest' | 'size'>;
  readonly content: Document;
  readonly contentAnnotations?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The empty configuration of the OCI image specification, 1.1. */
const EMPTY = documentOf('application/vnd.oci.empty.v1+json', '{}');

/** An artifact's manifest by the OCI image specification, 1.1; the same facts give the same bytes. */
export function composeArtifact(facts: ArtifactFacts): Artifact {
  const { artifactType, subject, content, contentAnnotations, annotations = {} } = facts;
  const value: Json = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPE.manifest,
    artifactType,
    config: descriptorOf(EMPTY),
    layers: [{ ...descriptorOf(content), ...(contentAnnotations && { annotations: contentAnnotations }) }],
    subject: descriptorOf(subject),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
  const manifest = documentOf(MEDIA_TYPE.manifest, canonicalJson(value));
  return { manifest, blobs: [EMPTY, content], artifactType, annotations };
}

export function documentOf(mediaType: string, text: string): Document {
  const bytes = new TextEncoder().encode(text);
  return { mediaType, digest: digestOf(bytes), size: bytes.length, bytes };
}
