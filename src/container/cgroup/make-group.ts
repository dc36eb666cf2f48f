import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { isAlive } from '../../cache/temporary.ts';
import { findGroup, type GroupPlace } from './find-group.ts';
import { GROUP_FILES } from './group-files.ts';
import { MemoryGroup } from './memory-group.ts';

/** A memory cgroup of our own. */
export interface OwnGroup {
  readonly group: MemoryGroup;
  /** A process that writes its id here is in the group, with all that it starts. */
  readonly members: string;
  /** Once its processes have ended. */
  remove(): Promise<void>;
}

export type GroupMaking = { readonly made: OwnGroup } | { readonly made: null; readonly why: string };

const PREFIX = 'plimsoll-probe-';

/** A killed process stays a member for a moment. */
const REMOVAL_TRIES = 50;
const REMOVAL_PAUSE_MS = 20;

let last = 0;

/** Makes a memory cgroup with a limit, below this process's own or as near to it as is allowed; says why where that is not. */
export function makeGroup(limitBytes: number | null, root = '/'): GroupMaking {
  const own = findGroup('self', root);
  if (own === undefined) return { made: null, why: 'the kernel shows no memory cgroup of this process' };
  const refusals: string[] = [];
  for (const parent of upwards(own, root)) {
    try {
      removeAbandoned(parent);
      return { made: makeBelow({ ...own, folder: parent }, limitBytes) };
    } catch (error) {
      refusals.push((error as Error).message);
    }
  }
  return { made: null, why: refusals[0] ?? 'no cgroup of this process can be written to' };
}

function makeBelow({ folder: parent, version }: GroupPlace, limitBytes: number | null): OwnGroup {
  last += 1;
  const folder = join(parent, `${PREFIX}${process.pid}-${last}`);
  const { limit, swap, members } = GROUP_FILES[version];
  mkdirSync(folder);
  try {
    // Version 2 gives a group the memory controller only where its parent hands it on.
    if (!existsSync(join(folder, limit))) writeFileSync(join(parent, 'cgroup.subtree_control'), '+memory');
    if (!existsSync(join(folder, limit))) throw new Error(`${parent} does not hand on the memory controller`);
    if (limitBytes !== null) {
      writeFileSync(join(folder, limit), String(limitBytes));
      limitSwap(join(folder, swap.file), swap.value === 'limit' ? String(limitBytes) : '0');
    }
    const group = new MemoryGroup(folder, version);
    return {
      group,
      members: join(folder, members),
      remove: async () => {
        group.close();
        await removeGroup(folder);
      },
    };
  } catch (error) {
    rmdirSync(folder);
    throw error;
  }
}

/** Kernels that do not account for swap have no such file. */
function limitSwap(file: string, value: string): void {
  if (existsSync(file)) writeFileSync(file, value);
}

function upwards({ folder, version }: GroupPlace, root: string): readonly string[] {
  const mount = join(root, 'sys/fs/cgroup', version === 'v1' ? 'memory' : '');
  const folders: string[] = [];
  for (let at = folder; at.startsWith(mount) && folders.length < MOST_LEVELS; at = dirname(at)) {
    folders.push(at);
    if (at === mount || `${at}/` === mount) break;
  }
  return folders;
}

/** Deeper nesting than any engine or orchestrator makes. */
const MOST_LEVELS = 32;

/** Groups of processes that were killed before they could remove theirs. */
function removeAbandoned(parent: string): void {
  for (const name of readdirSync(parent)) {
    const owner = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length).split('-')[0]) : Number.NaN;
    if (!Number.isInteger(owner) || isAlive(owner)) continue;
    try {
      rmdirSync(join(parent, name));
    } catch {
      // Somebody is still in it; the next one tries again.
    }
  }
}

async function removeGroup(folder: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      rmdirSync(folder);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return;
      if (code !== 'EBUSY' || tries === REMOVAL_TRIES) throw error;
      await pause(REMOVAL_PAUSE_MS);
    }
  }
}
