import { lstatSync, renameSync, unlinkSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readManifest } from './folder-manifest.ts';
import { manifestOf } from './folders.ts';
import type { CacheRooms } from './rooms.ts';
import { removeAbandoned, temporaryPath } from './temporary.ts';
import { oldestUser } from './users.ts';

export interface CacheEntry {
  readonly room: 'blobs' | 'facts' | 'folders';
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly usedAt: number;
}

export interface Pruned {
  readonly removed: readonly CacheEntry[];
  readonly kept: readonly CacheEntry[];
  /** Whether another process uses the cache: what was used since it began was spared. */
  readonly inUse: boolean;
}

const ROOMS = ['blobs', 'facts', 'folders'] as const;

/** Everything that is kept, the longest unused first. */
export async function listEntries(rooms: CacheRooms): Promise<readonly CacheEntry[]> {
  const entries: CacheEntry[] = [];
  for (const room of ROOMS) {
    for (const name of await readdir(rooms[room])) {
      const path = join(rooms[room], name);
      // Another process may take it away in the meantime.
      const entry = await entryAt(path, room).catch(() => undefined);
      if (entry) entries.push(entry);
    }
  }
  return entries.sort((a, b) => a.usedAt - b.usedAt);
}

/**
 * Removes what nobody has used since a time, and what killed processes left behind. Beside a running build that is safe: whatever a
 * process finds it marks as used first, and what was used since the oldest of them began is spared.
 */
export async function pruneCache(
  rooms: CacheRooms,
  { unusedSince, now }: { readonly unusedSince: number; readonly now: number },
): Promise<Pruned> {
  const oldest = await oldestUser(rooms.users, now);
  const limit = Math.min(unusedSince, oldest ?? Number.POSITIVE_INFINITY);
  await removeAbandoned(rooms.temporary, now);
  const removed: CacheEntry[] = [];
  const kept: CacheEntry[] = [];
  for (const entry of await listEntries(rooms)) {
    if (entry.usedAt < limit && (await remove(entry, { limit, rooms }))) removed.push(entry);
    else kept.push(entry);
  }
  return { removed, kept, inUse: oldest !== undefined };
}

async function entryAt(path: string, room: CacheEntry['room']): Promise<CacheEntry> {
  if (room !== 'folders') {
    const { size, mtimeMs } = await stat(path);
    return { room, path, bytes: size, usedAt: mtimeMs };
  }
  const lines = await readManifest(path, { digests: false });
  const bytes = lines.reduce((sum, line) => sum + ('bytes' in line ? line.bytes : 0), 0);
  return { room, path, bytes, usedAt: usedAt(path, room) };
}

/** The look and the removal come one right after the other, with nothing of this process between them. */
async function remove(
  { path, room }: CacheEntry,
  { limit, rooms }: { readonly limit: number; readonly rooms: CacheRooms },
): Promise<boolean> {
  const aside = temporaryPath(rooms.temporary);
  try {
    if (usedAt(path, room) >= limit) return false;
    if (room === 'folders') renameSync(path, aside);
    else unlinkSync(path);
  } catch {
    return false;
  }
  await rm(aside, { recursive: true, force: true });
  return true;
}

function usedAt(path: string, room: CacheEntry['room']): number {
  try {
    return lstatSync(room === 'folders' ? manifestOf(path) : path).mtimeMs;
  } catch {
    // A folder without its manifest is one that nobody can use.
    return lstatSync(path).mtimeMs;
  }
}
