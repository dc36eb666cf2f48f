import { createWriteStream } from 'node:fs';
import { chmod, link, mkdir, readlink, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { readTar, type TarMember } from '../sources/read-tar.ts';
import type { HeldImage } from './held-index.ts';
import { unpackBlob } from './unpack-blob.ts';

/** How a layer says that a file of a lower one is gone: the OCI image specification's whiteouts. */
const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

export interface UnpackOptions {
  /** For messages. */
  readonly name: string;
  /** Which paths are wanted; all where left out. */
  readonly wants?: (path: string) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Lays the files of an image's layers one above the other in a folder that is there. No path leads out of it: what would go through a
 * symbolic link takes the link's place. Owners are left out. Throws a Failure where a layer cannot be read.
 */
export async function unpackImage(image: HeldImage, folder: string, options: UnpackOptions): Promise<void> {
  const what = `a layer of ${options.name}`;
  const links = new Set<string>();
  for (const layer of image.layers) {
    await readTar(unpackBlob(await layer.fetch(), what), {
      what,
      visit: async (member, body) => {
        options.signal?.throwIfAborted();
        if (options.wants && !options.wants(member.path)) return undefined;
        await place(member, { body, folder, links });
        return undefined;
      },
    });
  }
}

interface Placing {
  readonly body: AsyncIterable<Uint8Array>;
  readonly folder: string;
  /** Symbolic links that were made so far. */
  readonly links: Set<string>;
}

async function place(member: TarMember, { body, folder, links }: Placing): Promise<void> {
  const { path } = member;
  const name = basename(path);
  if (name === OPAQUE) return empty(join(folder, dirname(path)));
  if (name.startsWith(WHITEOUT)) return remove(join(dirname(path), name.slice(WHITEOUT.length)), { folder, links });
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) {
    // A directory in the place of a link, such as usr/lib behind lib, stays behind it where the link leads within the image.
    if (links.has(parent)) return placeBehind(member, { body, folder, links, parent });
  }
  const target = join(folder, path);
  await mkdir(dirname(target), { recursive: true });
  if (member.kind === 'directory') {
    if (links.has(path)) return;
    await mkdir(target, { recursive: true });
    return;
  }
  await remove(path, { folder, links });
  if (member.kind === 'symlink') {
    links.add(path);
    await symlink(member.target, target);
  } else if (member.kind === 'hardlink') {
    if (![...parentsOf(member.target), member.target].some((parent) => links.has(parent)))
      await link(join(folder, member.target), target);
  } else {
    await pipeline(Readable.from(body), createWriteStream(target));
    await chmod(target, (member.mode & 0o755) | 0o600);
  }
}

/** Follows one link that leads to a plain place of the image; what leads elsewhere is left out. */
async function placeBehind(
  member: TarMember,
  { body, folder, links, parent }: Placing & { readonly parent: string },
): Promise<void> {
  const aim = await readlink(join(folder, parent));
  const from = aim.startsWith('/') ? aim.slice(1) : join(dirname(parent), aim);
  if (from === '..' || from.startsWith('../')) return;
  await place({ ...member, path: join(from, member.path.slice(parent.length + 1)) }, { body, folder, links });
}

function parentsOf(path: string): readonly string[] {
  const parents: string[] = [];
  for (let parent = dirname(path); parent !== '.'; parent = dirname(parent)) parents.push(parent);
  return parents;
}

async function remove(path: string, { folder, links }: Pick<Placing, 'folder' | 'links'>): Promise<void> {
  if (parentsOf(path).some((parent) => links.has(parent))) return;
  links.delete(path);
  await rm(join(folder, path), { recursive: true, force: true });
}

async function empty(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
}
