import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '../nouns/canonical-json.ts';
import { type Digest, digestOf, hexOf } from '../nouns/digest.ts';
import { asCacheFailure, errorCode } from './cache-failure.ts';
import { seal, unseal } from './facts.ts';
import { type ManifestLine, readManifest, sameManifest } from './folder-manifest.ts';
import type { CacheRooms } from './rooms.ts';
import { temporaryPath } from './temporary.ts';
import { touch } from './touch.ts';

const TAKEN = new Set(['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES']);

export interface FolderOptions {
  /**
   * How a folder that was made earlier is checked, once in a process: by hashing all of it (the default) or by sizes only. Of one
   * that is made to be checked by sizes no digests are written down, since nobody would ask for them.
   */
  readonly check?: 'digests' | 'sizes';
}

/** Fills a folder; digests that it knows already it may tell by `known`, which saves hashing those files once more. */
export type MakeFolder = (folder: string, known: Map<string, Digest>) => Promise<void>;

export interface Folders {
  folder(key: string, make: MakeFolder, options?: FolderOptions): Promise<string>;
  /** The folder where it was made earlier and is whole; made by nobody now. */
  findFolder(key: string, options?: FolderOptions): Promise<string | undefined>;
}

/** Derived folders by key: made once, whole or not at all, and made again when damaged. */
export function openFolders(rooms: CacheRooms): Folders {
  const settled = new Map<string, Promise<string>>();
  const placeOf = (key: string): string => join(rooms.folders, hexOf(digestOf(key)));
  return {
    async findFolder(key, { check = 'digests' } = {}) {
      const place = placeOf(key);
      return (await isIntact(place, check === 'digests')) ? contentOf(place) : undefined;
    },

    async folder(key, make, { check = 'digests' } = {}) {
      const place = placeOf(key);
      let result = settled.get(place);
      if (result === undefined) {
        result = findOrMake(rooms, { place, make, digests: check === 'digests' });
        settled.set(place, result);
        result.catch(() => settled.delete(place));
      }
      return result;
    },
  };
}

interface Order {
  readonly place: string;
  readonly make: MakeFolder;
  readonly digests: boolean;
}

async function findOrMake(rooms: CacheRooms, { place, make, digests }: Order): Promise<string> {
  if (await isIntact(place, digests)) return contentOf(place);
  try {
    await discard(rooms, place);
    const temporary = temporaryPath(rooms.temporary);
    try {
      await makeWhole(temporary, { make, digests });
      await moveInto(place, temporary);
    } finally {
      await rm(temporary, { recursive: true, force: true }).catch(() => {});
    }
  } catch (error) {
    throw asCacheFailure(error, rooms.root);
  }
  return contentOf(place);
}

async function makeWhole(temporary: string, { make, digests }: Pick<Order, 'make' | 'digests'>): Promise<void> {
  await mkdir(contentOf(temporary), { recursive: true });
  const known = new Map<string, Digest>();
  await make(contentOf(temporary), known);
  const manifest = await readManifest(contentOf(temporary), { digests, known });
  await writeFile(manifestOf(temporary), seal(manifest as readonly Json[]));
}

/** When another process was faster, its folder serves as well as ours. */
async function moveInto(place: string, temporary: string): Promise<void> {
  try {
    await rename(temporary, place);
  } catch (error) {
    if (!TAKEN.has(errorCode(error) ?? '') || !(await isIntact(place, false))) throw error;
  }
}

async function isIntact(place: string, digests: boolean): Promise<boolean> {
  await touch(manifestOf(place));
  const manifest = unseal(await readFile(manifestOf(place), 'utf8').catch(() => undefined));
  if (!Array.isArray(manifest)) return false;
  const found = await readManifest(contentOf(place), { digests }).catch(() => undefined);
  return found !== undefined && sameManifest(found, manifest as readonly ManifestLine[]);
}

/** Moves a damaged folder away in one step before it is taken apart, so that nobody meets half of it. */
async function discard(rooms: CacheRooms, place: string): Promise<void> {
  const temporary = temporaryPath(rooms.temporary);
  try {
    await rename(place, temporary);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    throw error;
  }
  rooms.onCorrupt(`${place} is not what was put there; it is made again`);
  await rm(temporary, { recursive: true, force: true });
}

function contentOf(place: string): string {
  return join(place, 'content');
}

export function manifestOf(place: string): string {
  return join(place, 'manifest.json');
}
