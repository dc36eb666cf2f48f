import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { type Blobs, openBlobs } from './blobs.ts';
import { type Facts, openFacts } from './facts.ts';
import { type Folders, openFolders } from './folders.ts';
import { cacheFolder } from './location.ts';
import { type CacheEntry, listEntries, type Pruned, pruneCache } from './prune.ts';
import { openRooms } from './rooms.ts';
import { removeAbandoned, temporaryPath } from './temporary.ts';
import { signIn } from './users.ts';

/**
 * What was fetched or worked out before, kept between runs. Nothing in it is trusted: content is hashed the first time that
 * a process asks for it, facts and folders carry their own digests, and what does not match counts as absent. Any number
 * of processes may use one cache at once; a process that is killed leaves at most temporary files, which a later one removes.
 */
export interface Cache extends Blobs, Facts, Folders {
  /** The folder that it lies in. */
  readonly root: string;
  /**
   * A fresh path in it for what nobody keeps, on the file system of all its content. Whoever asked removes what is made there; of a
   * process that is killed, a later one does.
   */
  scratch(): string;
  /** Everything that is kept, the longest unused first. */
  list(): Promise<readonly CacheEntry[]>;
  /** Removes what was not used since a time, in milliseconds; safe beside other processes. */
  prune(unusedSince: number): Promise<Pruned>;
}

export interface CacheOptions {
  /** Defaults to `PLIMSOLL_CACHE`, else the platform's folder for caches. */
  readonly folder?: string;
  /** Told when an entry was found damaged and dropped. */
  readonly onCorrupt?: (line: string) => void;
}

/** Opens the cache and makes its folders. Throws a Failure when they cannot be made. */
export async function openCache(options: CacheOptions = {}): Promise<Cache> {
  const root = resolve(
    options.folder ?? cacheFolder({ env: process.env, platform: process.platform, home: homedir() }),
  );
  const rooms = await openRooms(root, options.onCorrupt ?? (() => {}));
  await removeAbandoned(rooms.temporary, Date.now());
  await signIn(rooms.users);
  return {
    root,
    scratch: () => temporaryPath(rooms.temporary),
    list: () => listEntries(rooms),
    prune: (unusedSince) => pruneCache(rooms, { unusedSince, now: Date.now() }),
    ...openBlobs(rooms),
    ...openFacts(rooms),
    ...openFolders(rooms),
  };
}
