import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { canonicalJson, type Json } from '../../nouns/canonical-json.ts';
import { type Digest, hexOf, isDigest } from '../../nouns/digest.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { type Document, descriptorOf } from './compose.ts';
import { MEDIA_TYPE } from './media-types.ts';

export const LAYOUT_FILE = 'oci-layout';
export const LAYOUT_CONTENT = canonicalJson({ imageLayoutVersion: '1.0.0' });
const REFERENCE_NAME = 'org.opencontainers.image.ref.name';

/** The specification's own bound for a manifest; a larger index names more images than a layout is for. */
const MAX_DOCUMENT_BYTES = 4 * 2 ** 20;
/** An index of indexes of manifests is as deep as the format is used. */
const MAX_DEPTH = 4;

const Descriptor = z.looseObject({
  mediaType: z.string(),
  digest: z.custom<Digest>((value) => typeof value === 'string' && isDigest(value)),
  size: z.number().int().nonnegative(),
  annotations: z.record(z.string(), z.string()).optional(),
});
type Descriptor = z.infer<typeof Descriptor>;

const LayoutIndex = z.looseObject({ schemaVersion: z.literal(2), manifests: z.array(Descriptor) });
export type LayoutIndex = z.infer<typeof LayoutIndex>;

const Pointers = z.object({
  manifests: z.array(Descriptor).optional(),
  config: Descriptor.optional(),
  layers: z.array(Descriptor).optional(),
});

const EMPTY: LayoutIndex = { schemaVersion: 2, mediaType: MEDIA_TYPE.index, manifests: [] };

/** Where a layout keeps a blob, relative to its root. */
export function blobPath(digest: Digest): string {
  return `blobs/sha256/${hexOf(digest)}`;
}

/** The `index.json` of a layout; empty where a run was killed before it wrote one. Throws `output/bad-layout`. */
export async function readLayoutIndex(folder: string): Promise<LayoutIndex> {
  const path = join(folder, 'index.json');
  const text = await readBounded(path).catch((error: { code?: string }) => {
    if (error.code === 'ENOENT') return canonicalJson(EMPTY as Json);
    throw error;
  });
  const parsed = LayoutIndex.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new Failure(`${path} is not an index as the OCI image layout has it`, {
    code: 'output/bad-layout',
    exit: EXIT.usage,
    mend: 'Name another folder with --output oci:FOLDER, or remove that one; nothing in it was changed.',
  });
}

/** The index with this document under this name: what had the name before makes way, everything else stays. */
export function withReference(
  index: LayoutIndex,
  { document, reference }: { readonly document: Document; readonly reference: string },
): { readonly next: LayoutIndex; readonly replaced: LayoutIndex['manifests'] } {
  const isReplaced = (entry: Descriptor) => entry.annotations?.[REFERENCE_NAME] === reference;
  const entry: Descriptor = { ...descriptorOf(document), annotations: { [REFERENCE_NAME]: reference } };
  const kept = index.manifests.filter((other) => !isReplaced(other));
  return { next: { ...index, manifests: [...kept, entry] }, replaced: index.manifests.filter(isReplaced) };
}

/** The index of a layout that holds this document alone. */
export function indexOfOne(document: Document, annotations: Readonly<Record<string, string>>): string {
  return canonicalJson({ ...EMPTY, manifests: [{ ...descriptorOf(document), annotations }] } as Json);
}

export function referenceAnnotation(reference: string): Readonly<Record<string, string>> {
  return { [REFERENCE_NAME]: reference };
}

export function renderLayoutIndex(index: LayoutIndex): string {
  return canonicalJson(index as Json);
}

/** Every blob that these descriptors lead to, themselves included; what is missing or unreadable leads nowhere. */
export async function reachable(folder: string, descriptors: readonly Descriptor[]): Promise<ReadonlySet<Digest>> {
  const found = new Set<Digest>();
  let layer = descriptors;
  for (let depth = 0; depth < MAX_DEPTH && layer.length > 0; depth += 1) {
    const below: Descriptor[] = [];
    for (const { digest, mediaType } of layer) {
      if (found.has(digest)) continue;
      found.add(digest);
      if (/\b(index|manifest)\b.*json$/.test(mediaType))
        below.push(...(await pointersOf(join(folder, blobPath(digest)))));
    }
    layer = below;
  }
  return found;
}

async function pointersOf(path: string): Promise<readonly Descriptor[]> {
  const parsed = Pointers.safeParse(parseJson(await readBounded(path).catch(() => '')));
  if (!parsed.success) return [];
  const { manifests = [], config, layers = [] } = parsed.data;
  return [...manifests, ...(config ? [config] : []), ...layers];
}

async function readBounded(path: string): Promise<string> {
  return (await stat(path)).size > MAX_DOCUMENT_BYTES ? '' : await readFile(path, 'utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
