import { randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { digestOf, hexOf } from '../nouns/digest.ts';

/** Longer than any single download or unpacking takes, so what is older was left behind whoever made it. */
const ABANDONED_AFTER_MS = 24 * 3600 * 1000;

const PATTERN = /^([0-9a-f]{12})-(\d+)-[0-9a-f]+$/;

/**
 * A fresh name in a folder for things that are not finished. It carries the process that made it, so that what a killed
 * process left behind can be told from what a living one is still writing.
 */
export function temporaryPath(folder: string): string {
  return join(folder, `${processSpace()}-${process.pid}-${randomBytes(8).toString('hex')}`);
}

/** Removes what dead processes left in a folder of temporary names; what cannot be removed stays, since it does no harm. */
export async function removeAbandoned(folder: string, now: number): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (await isAbandoned(folder, { name, now })) {
      await rm(join(folder, name), { recursive: true, force: true }).catch(() => {});
    }
  }
}

async function isAbandoned(
  folder: string,
  { name, now }: { readonly name: string; readonly now: number },
): Promise<boolean> {
  const match = PATTERN.exec(name);
  if (match === null) return false;
  // Whose processes can be asked are asked: this clock may be a year ahead of theirs, and a build may take a day.
  if (match[1] === processSpace()) return !isAlive(Number(match[2]));
  const facts = await stat(join(folder, name)).catch(() => undefined);
  return facts !== undefined && now - facts.mtimeMs > ABANDONED_AFTER_MS;
}

/** Whether a process of this machine and namespace is still there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

let space: string | undefined;

/** Process numbers mean something only within one machine and one namespace of processes: a cache may be shared by containers. */
export function processSpace(): string {
  space ??= hexOf(digestOf(`${hostname()} ${processNamespace()}`)).slice(0, 12);
  return space;
}

function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}
