import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { ENDING, HERE } from '../here.ts';

/**
 * Starts a thread from a module, named by its path in the source tree without its ending: `.js` in the package, `.ts` in
 * the source tree. Threads of Node 20 do not inherit a TypeScript loader, so from the source tree it is registered again.
 */
export function startThread(module: string, workerData: string): Worker {
  const file = new URL(`${module}${ENDING}`, HERE);
  const loader = ENDING === '.ts' ? { execArgv: ['--import', loaderForThreads()] } : {};
  return new Worker(file, { workerData, ...loader });
}

/** tsx's own entry for `require` looks for its files in the wrong folder; the one for `import` lies beside it. */
function loaderForThreads(): string {
  const beside = createRequire(import.meta.url).resolve('tsx/esm/api');
  const loader = new URL('./index.mjs', pathToFileURL(beside)).href;
  return `data:text/javascript,${encodeURIComponent(`import { register } from ${JSON.stringify(loader)}; register();`)}`;
}
