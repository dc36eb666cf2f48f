import { createRequire } from 'node:module';
import { extname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';

/**
 * Starts a thread from a module that lies in this folder, named without its ending: `.js` in the package, `.ts` in the
 * source tree. Threads of Node 20 do not inherit a TypeScript loader, so from the source tree it is registered again.
 */
export function startThread(module: string): Worker {
  const ending = extname(import.meta.url);
  const file = new URL(`./${module}${ending}`, import.meta.url);
  return ending === '.ts' ? new Worker(file, { execArgv: ['--import', loaderForThreads()] }) : new Worker(file);
}

function loaderForThreads(): string {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm/api')).href;
  return `data:text/javascript,${encodeURIComponent(`import loader from ${JSON.stringify(loader)}; loader.register();`)}`;
}
