import { join } from 'node:path';
import { asCacheFailure } from './cache-failure.ts';
import { makeFolder } from './make-folder.ts';

/** The folders of a cache; the layout has a version, so that a later one can lie beside it. */
export interface CacheRooms {
  readonly root: string;
  readonly blobs: string;
  readonly facts: string;
  readonly folders: string;
  readonly temporary: string;
  /** One sign for each process that uses the cache. */
  readonly users: string;
  /** Told when an entry was found damaged and dropped. */
  readonly onCorrupt: (line: string) => void;
}

/** Makes the folders that are missing. Throws a Failure when that is refused. */
export async function openRooms(root: string, onCorrupt: (line: string) => void): Promise<CacheRooms> {
  const layout = join(root, 'v1');
  const rooms = {
    root,
    blobs: join(layout, 'blobs', 'sha256'),
    facts: join(layout, 'facts'),
    folders: join(layout, 'folders'),
    temporary: join(layout, 'temporary'),
    users: join(layout, 'users'),
    onCorrupt,
  };
  try {
    for (const room of [rooms.blobs, rooms.facts, rooms.folders, rooms.temporary, rooms.users]) await makeFolder(room);
  } catch (error) {
    throw asCacheFailure(error, root);
  }
  return rooms;
}
