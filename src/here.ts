import { extname } from 'node:path';

/**
 * Where this program's own files lie: data, the programs of child processes and threads, the server bundle. The build leaves
 * this file out of what it joins, so that it stands at the same place beside them in the source tree and in the package.
 */
export const HERE = new URL('.', import.meta.url);

/** `.ts` in the source tree, `.js` in the package. */
export const ENDING = extname(import.meta.url);
