import { readdirSync, readFileSync } from 'node:fs';
import { processMemoryBytes } from './process-memory.ts';

/**
 * Unreclaimable bytes of a process with all that it has started, as `processMemoryBytes` has them. Pages that processes share
 * since one was forked from the other count once where `limitBytes` would be passed by counting them for each. Elsewhere than on
 * Linux the process counts alone; `null` where it cannot be told.
 */
export function processTreeMemoryBytes(pid: number, platform: NodeJS.Platform, limitBytes: number): number | null {
  if (platform !== 'linux') return processMemoryBytes(pid, platform);
  const pids = treeOf(pid);
  const bytes = sumOf(pids, (one) => processMemoryBytes(one, platform));
  return bytes <= limitBytes ? bytes : sumOf(pids, sharedOnce);
}

function sumOf(pids: readonly number[], bytesOf: (pid: number) => number | null): number {
  return pids.reduce((sum, pid) => sum + (bytesOf(pid) ?? 0), 0);
}

/** A process, its descendants, and those of its group, whose parents may have ended. */
function treeOf(root: number): readonly number[] {
  const processes = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (parentage(Number(name)) ?? []) : []));
  const found = new Set([root, ...processes.filter(({ group }) => group === root).map(({ pid }) => pid)]);
  // Children have higher numbers than their parents nearly always; where numbers have wrapped around, the next pass finds them.
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const { pid, parent } of processes) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

function parentage(pid: number): { pid: number; parent: number; group: number } | undefined {
  try {
    // The name, in brackets, may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [, parent, group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { pid, parent: Number(parent), group: Number(group) };
  } catch {
    return undefined;
  }
}

function sharedOnce(pid: number): number | null {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
    return ['Pss_Anon', 'Pss_Shmem', 'SwapPss'].reduce(
      (sum, field) => sum + Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(rollup)?.[1] ?? 0) * 1024,
      0,
    );
  } catch {
    return null;
  }
}
