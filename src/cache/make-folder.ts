import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errorCode } from './cache-failure.ts';

/**
 * Makes a folder and what is missing above it; one that is there is left as it is. Node's own recursive `mkdir` never ends where
 * the system denies that a folder exists and that one can be made, as below /proc.
 */
export async function makeFolder(path: string): Promise<void> {
  if ((await attempt(path)) === 'no parent') {
    if (dirname(path) !== path) await makeFolder(dirname(path));
    await mkdir(path).catch(unlessThere(path));
  }
}

async function attempt(path: string): Promise<'there' | 'no parent'> {
  try {
    await mkdir(path);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 'no parent';
    await unlessThere(path)(error);
  }
  return 'there';
}

/** Another process may have made it; a root that cannot be written has it all the same. */
function unlessThere(path: string): (error: unknown) => Promise<void> {
  return async (error) => {
    const found = await stat(path).catch(() => undefined);
    if (!found?.isDirectory()) throw error;
  };
}
