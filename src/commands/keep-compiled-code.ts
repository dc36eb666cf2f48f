import module from 'node:module';
import { join } from 'node:path';
import { cacheFolder } from '../cache/location.ts';
import { makeFolder } from '../cache/make-folder.ts';
import { thisMachine } from './this-machine.ts';

/**
 * Has Node keep what it compiles, where it can (22.1 and newer): a good part of a short run is compiling this program. It lies in
 * this user's cache, since whoever could write there from outside could run code here. A cache that cannot be written is none.
 */
export async function keepCompiledCode(): Promise<void> {
  const { enableCompileCache } = module as { enableCompileCache?: (folder: string) => unknown };
  const { env, platform, home } = thisMachine();
  if (!enableCompileCache || env.NODE_DISABLE_COMPILE_CACHE !== undefined || env.NODE_COMPILE_CACHE !== undefined)
    return;
  const folder = join(cacheFolder({ env, platform, home }), 'v1', 'compiled');
  try {
    // Made here, since Node would not end where the system denies both that a folder is there and that one can be made.
    await makeFolder(folder);
    enableCompileCache(folder);
  } catch {}
}
