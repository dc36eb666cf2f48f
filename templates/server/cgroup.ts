import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What this process's control groups allow it; `null` where nothing limits it, or nothing can be learned. */
export interface ControlGroupLimits {
  readonly memoryBytes: number | null;
  /** Processors' worth of time, such as 1.5. */
  readonly processors: number | null;
}

/** Where the kernel shows itself; another folder in tests. */
const ROOT = '/';

/** A limit from here up is the kernel's way of saying that there is none. */
const NO_LIMIT_BYTES = 2 ** 60;

/** Deeper nesting than any engine or orchestrator makes. */
const MOST_LEVELS = 32;

/**
 * Reads the limits of this process's control groups, version 1 or 2: the least on the way from its own group to the top. In a
 * container of its own group namespace the top is the container's group, so a path that is not there below the mount means it.
 */
export function readControlGroupLimits(root: string = ROOT): ControlGroupLimits {
  return {
    memoryBytes: least(foldersOf(root, 'memory').map(memoryLimit)),
    processors: least(foldersOf(root, 'cpu').map(processorLimit)),
  };
}

/** Memory that the control group is charged with, page cache included; `null` where it cannot be learned. */
export function readControlGroupMemory(root: string = ROOT): number | null {
  for (const { folder, version } of foldersOf(root, 'memory')) {
    const bytes = number(read(join(folder, version === 2 ? 'memory.current' : 'memory.usage_in_bytes')));
    if (bytes !== null) return bytes;
  }
  return null;
}

interface GroupFolder {
  readonly folder: string;
  readonly version: 1 | 2;
}

/** The folders of the groups that a controller has this process in, its own first. */
function foldersOf(root: string, controller: 'memory' | 'cpu'): GroupFolder[] {
  const mounts = join(root, 'sys/fs/cgroup');
  const lines = (read(join(root, 'proc/self/cgroup')) ?? '').split('\n').map((line) => line.split(':'));
  const first = lines.find(([, controllers]) => controllers?.split(',').includes(controller));
  if (first !== undefined) {
    const names = [controller, first[1] ?? controller];
    const mount = names.map((name) => join(mounts, name)).find((folder) => isGroup(folder, controller));
    if (mount !== undefined) return upwards(mount, first.slice(2).join(':')).map((folder) => ({ folder, version: 1 }));
  }
  const unified = lines.find(([id]) => id === '0');
  if (unified === undefined) return [];
  // Where version 1 has other controllers, version 2 is mounted beside them.
  const both = join(mounts, 'unified');
  const mount = read(join(both, 'cgroup.controllers')) === null ? mounts : both;
  return upwards(mount, unified.slice(2).join(':')).map((folder) => ({ folder, version: 2 }));
}

function isGroup(folder: string, controller: 'memory' | 'cpu'): boolean {
  return read(join(folder, controller === 'memory' ? 'memory.limit_in_bytes' : 'cpu.cfs_period_us')) !== null;
}

function upwards(mount: string, path: string): string[] {
  const names = path.split('/').filter((name) => name !== '' && name !== '..');
  return Array.from({ length: Math.min(names.length, MOST_LEVELS) + 1 }, (_, above) =>
    join(mount, ...names.slice(0, names.length - above)),
  );
}

/** Over `memory.high` a process is not killed, but held up until it gives back what it cannot: it is a limit all the same. */
const MEMORY_LIMITS = { 1: ['memory.limit_in_bytes'], 2: ['memory.max', 'memory.high'] } as const;

function memoryLimit({ folder, version }: GroupFolder): number | null {
  const limits = MEMORY_LIMITS[version].map((file) => number(read(join(folder, file))));
  return least(limits.map((bytes) => (bytes === null || bytes >= NO_LIMIT_BYTES ? null : bytes)));
}

function processorLimit({ folder, version }: GroupFolder): number | null {
  const [quota, period] =
    version === 2
      ? (read(join(folder, 'cpu.max')) ?? '').split(' ')
      : [read(join(folder, 'cpu.cfs_quota_us')), read(join(folder, 'cpu.cfs_period_us'))];
  const [time, each] = [number(quota ?? null), number(period ?? null)];
  // Without a quota, version 1 says -1 and version 2 "max".
  return time === null || each === null || time <= 0 || each <= 0 ? null : time / each;
}

function least(limits: readonly (number | null)[]): number | null {
  const known = limits.filter((limit) => limit !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function number(text: string | null): number | null {
  return text !== null && /^\d+$/.test(text) ? Number(text) : null;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return null;
  }
}
