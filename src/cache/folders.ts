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

/**
 * Fills a folder; digests that it knows already it may tell by `known`, which saves hashing those files once more. The signal is raised
 * when nobody needs the folder any more.
 */
export type MakeFolder = (folder: string, known: Map<string, Digest>, signal: AbortSignal) => Promise<void>;

export interface Folders {
  /** With a key that is still being worked out the folder is made meanwhile, and thrown away where there is one already. */
  folder(key: string | Promise<string>, make: MakeFolder, options?: FolderOptions): Promise<string>;
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
      const order = { make, digests: check === 'digests' };
      const begun = typeof key === 'string' ? undefined : begin(rooms, order);
      try {
        const place = placeOf(await key);
        let result = settled.get(place);
        if (result === undefined) {
          result = findOrMake(rooms, { ...order, place, begun });
          settled.set(place, result);
          result.catch(() => settled.delete(place));
        }
        return await result;
      } finally {
        await begun?.abandon();
      }
    },
  };
}

interface Order {
  readonly make: MakeFolder;
  readonly digests: boolean;
}

async function findOrMake(
  rooms: CacheRooms,
  { place, begun, ...order }: Order & { readonly place: string; readonly begun: BegunFolder | undefined },
): Promise<string> {
  if (await isIntact(place, order.digests)) return contentOf(place);
  try {
    await discard(rooms, place);
    const making = begun ?? begin(rooms, order);
    try {
      await moveInto(place, await making.whole);
    } finally {
      await making.abandon();
    }
  } catch (error) {
    throw asCacheFailure(error, rooms.root);
  }
  return contentOf(place);
}

interface BegunFolder {
  /** Gives the place where it lies until it is moved. */
  readonly whole: Promise<string>;
  /** Stops the making, and removes what is left of it. */
  abandon(): Promise<void>;
}

function begin({ temporary: room }: CacheRooms, { make, digests }: Order): BegunFolder {
  const temporary = temporaryPath(room);
  const stop = new AbortController();
  const whole = makeWhole(temporary, { make, digests, signal: stop.signal }).then(() => temporary);
  // Whoever waits for it is told.
  whole.catch(() => {});
  return {
    whole,
    async abandon() {
      stop.abort();
      await whole.catch(() => {});
      await rm(temporary, { recursive: true, force: true }).catch(() => {});
    },
  };
}

async function makeWhole(
  temporary: string,
  { make, digests, signal }: Order & { readonly signal: AbortSignal },
): Promise<void> {
  await mkdir(contentOf(temporary), { recursive: true });
  const known = new Map<string, Digest>();
  await make(contentOf(temporary), known, signal);
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
