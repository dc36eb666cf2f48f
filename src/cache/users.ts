import { unlinkSync } from 'node:fs';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { removeAbandoned, temporaryPath } from './temporary.ts';

/**
 * Leaves a sign that this process uses the cache, from now until it ends, so that whoever prunes spares what it may have found. The
 * name says whose it is: the sign of a process that was killed is known to be of nobody.
 */
export async function signIn(folder: string): Promise<void> {
  if (signs.has(folder)) return;
  const sign = temporaryPath(folder);
  if (signs.size === 0) process.once('exit', signOut);
  signs.set(folder, sign);
  // One that cannot be left is of a cache that cannot be written, which is told where something has to be written.
  await writeFile(sign, '').catch(() => {});
}

/** Of this process, by the folder that they lie in. */
const signs = new Map<string, string>();

function signOut(): void {
  for (const sign of signs.values()) {
    try {
      unlinkSync(sign);
    } catch {
      // A later process knows by its name that it is of nobody.
    }
  }
}

/** When the longest-running process that uses the cache began to; nothing where none does but this one. */
export async function oldestUser(folder: string, now: number): Promise<number | undefined> {
  await removeAbandoned(folder, now);
  const starts = await Promise.all(
    (await readdir(folder).catch(() => []))
      .filter((name) => !name.includes(`-${process.pid}-`))
      .map((name) =>
        stat(join(folder, name)).then(
          ({ mtimeMs }) => mtimeMs,
          () => undefined,
        ),
      ),
  );
  const known = starts.filter((start) => start !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
