import { createReadStream, existsSync } from 'node:fs';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import type { Cache } from '../../cache/cache.ts';
import type { Digest } from '../../nouns/digest.ts';
import type { Bytes } from '../sources/decompress.ts';
import { readTar } from '../sources/read-tar.ts';
import type { HeldImage, HeldIndex } from './held-index.ts';
import { openLayout, readBounded } from './open-layout.ts';
import { parseDocument, readConfig, unreadable } from './read-images.ts';

/** `manifest.json` of `docker save`. */
const Saved = z.array(z.looseObject({ Config: z.string(), Layers: z.array(z.string()) }));

/** Paths that archives of images have; anything else in one is not unpacked. */
const PLAIN_PATH = /^(?!.*(^|\/)\.\.?(\/|$))[A-Za-z0-9_][A-Za-z0-9._/-]{0,255}$/;

/**
 * The images of a tar on disk, or as it streams: an OCI archive, or what `docker save` writes. It is unpacked beside the cache's
 * content until it is closed. Throws `image/unreadable`.
 */
export async function openArchive(
  source: string | Bytes,
  { name, reference, cache }: { readonly name: string; readonly reference?: string | undefined; readonly cache: Cache },
): Promise<HeldIndex> {
  const folder = cache.scratch();
  const close = () => rm(folder, { recursive: true, force: true });
  try {
    const tar = typeof source === 'string' ? await openFile(source, name) : source;
    await unpack(tar, { folder, name });
    if (existsSync(join(folder, 'oci-layout'))) return await openLayout(folder, { name, reference, close });
    return { name, local: true, document: undefined, images: await savedImages(folder, name), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openFile(path: string, name: string): Promise<Bytes> {
  const found = await stat(path).catch((cause: Error) => {
    throw unreadable(name, cause.message, cause);
  });
  if (!found.isFile()) throw unreadable(name, 'it is no file');
  return createReadStream(path);
}

async function unpack(tar: Bytes, { folder, name }: { readonly folder: string; readonly name: string }): Promise<void> {
  await mkdir(folder);
  await readTar(tar, {
    what: name,
    visit: async (member, body) => {
      const path = member.path.replace(/^\.\//, '');
      if (member.kind !== 'file' || !PLAIN_PATH.test(path)) return undefined;
      await mkdir(dirname(join(folder, path)), { recursive: true });
      const file = await open(join(folder, path), 'w');
      try {
        for await (const chunk of body) await file.writeFile(chunk);
      } finally {
        await file.close();
      }
      return undefined;
    },
  });
}

async function savedImages(folder: string, name: string): Promise<readonly HeldImage[]> {
  const read = async (path: string) => {
    if (!PLAIN_PATH.test(path)) throw unreadable(name, `it names the path ${JSON.stringify(path)}`);
    return parseDocument(await readBounded(join(folder, path), name), name);
  };
  const saved = Saved.safeParse((await read('manifest.json')).json);
  if (!saved.success || saved.data.length === 0) throw unreadable(name, 'its manifest.json names no image');
  return Promise.all(
    saved.data.map(async ({ Config, Layers }) => {
      const config = await read(Config);
      const { platform, diffIds } = readConfig(config.json, name);
      if (diffIds.length !== Layers.length) throw unreadable(name, 'its configuration names other layers than it has');
      const layers = Layers.map((path, index) => ({
        digest: undefined,
        mediaType: undefined,
        diffId: diffIds[index] as Digest,
        fetch: async () => {
          if (PLAIN_PATH.test(path)) return join(folder, path);
          throw unreadable(name, `it names the path ${JSON.stringify(path)}`);
        },
      }));
      return { platform, manifest: undefined, config, layers };
    }),
  );
}
