import { rm, rmdir } from 'node:fs/promises';
import { makeFolder } from '../../cache/make-folder.ts';
import { removeAbandoned, temporaryPath } from '../../cache/temporary.ts';

/**
 * Lends a folder for files that are not finished, on the target's own file system so that a rename puts them in place. What
 * a killed run left in it is removed first, and the folder itself goes when nobody uses it any more.
 */
export async function withPartialFolder<T>(folder: string, use: (fresh: () => string) => Promise<T>): Promise<T> {
  await makeFolder(folder);
  await removeAbandoned(folder, Date.now());
  const lent: string[] = [];
  const fresh = () => {
    const path = temporaryPath(folder);
    lent.push(path);
    return path;
  };
  try {
    return await use(fresh);
  } finally {
    for (const path of lent) await rm(path, { force: true });
    // Another process may be writing to the same target; the folder is then its to remove.
    await rmdir(folder).catch(() => {});
  }
}
