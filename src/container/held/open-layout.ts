import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { hexOf } from '../../nouns/digest.ts';
import type { HeldIndex } from './held-index.ts';
import {
  type BlobStore,
  Descriptor,
  MAX_DOCUMENT_BYTES,
  parseDocument,
  readDocument,
  readImages,
  unreadable,
} from './read-images.ts';

const REFERENCE_NAME = 'org.opencontainers.image.ref.name';
const LayoutIndex = z.looseObject({ manifests: z.array(Descriptor) });

export interface LayoutFacts {
  /** As it is named to people. */
  readonly name: string;
  /** The reference of the one image that is meant; all of the layout where nothing is said. */
  readonly reference?: string | undefined;
  readonly close?: () => Promise<void>;
}

/** The images of an OCI layout on disk. Throws `image/unreadable` where it is none. */
export async function openLayout(folder: string, { name, reference, close }: LayoutFacts): Promise<HeldIndex> {
  const place = (digest: Descriptor['digest']) => join(folder, 'blobs', 'sha256', hexOf(digest));
  const store: BlobStore = {
    name,
    document: ({ digest }) => readBounded(place(digest), name),
    blob: async ({ digest }) => {
      await stat(place(digest)).catch((cause: Error) => {
        throw unreadable(name, `it has no blob ${digest}`, cause);
      });
      return place(digest);
    },
  };
  const root = LayoutIndex.safeParse(parseDocument(await readBounded(join(folder, 'index.json'), name), name).json);
  if (!root.success) throw unreadable(name, 'its index.json is not an index');
  const entries = root.data.manifests.filter(
    ({ annotations }) => reference === undefined || annotations?.[REFERENCE_NAME] === reference,
  );
  const read = await Promise.all(entries.map(async (entry) => ({ entry, images: await readImages(entry, store) })));
  const found = read.filter(({ images }) => images.length > 0);
  if (found.length === 0) throw unreadable(name, reference ? `it has no image named ${reference}` : 'it has no image');
  const only = found.length === 1 ? found[0] : undefined;
  return {
    name,
    local: true,
    document: only && (await readDocument(only.entry, store)),
    images: found.flatMap(({ images }) => images),
    close: close ?? (async () => {}),
  };
}

export async function readBounded(path: string, name: string): Promise<Uint8Array> {
  try {
    if ((await stat(path)).size > MAX_DOCUMENT_BYTES) throw unreadable(name, `${path} is too long a document`);
    return await readFile(path);
  } catch (cause) {
    throw unreadable(name, (cause as Error).message, cause);
  }
}
