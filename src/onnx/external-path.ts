import { realpathSync } from 'node:fs';
import { dirname, isAbsolute, join, normalize, sep, win32 } from 'node:path';

export type ExternalPath =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly problem: 'path' | 'missing'; readonly why: string };

/** What onnxruntime writes in place of a path for weights that only its own process has. */
const IN_MEMORY_TAG = '_ORT_MEM_ADDR_';

/**
 * The real path of an external data file, if it lies in the model's folder. The folder may be reached through symbolic
 * links, and so may the model (caches keep it as a link to a store of files): both folders count, no other does.
 */
export function externalPath(modelPath: string, location: string): ExternalPath {
  const refusal = lexicalRefusal(location);
  if (refusal) return { ok: false, problem: 'path', why: refusal };
  const folder = dirname(modelPath);
  const roots = [realpathOf(folder), dirnameOf(realpathOf(modelPath))];
  const path = realpathOf(join(folder, location));
  if (path === null) return { ok: false, problem: 'missing', why: 'there is no such file beside the model' };
  const isInside = roots.some((root) => root !== null && path.startsWith(root.endsWith(sep) ? root : root + sep));
  if (!isInside) return { ok: false, problem: 'path', why: 'a symbolic link leads out of the folder of the model' };
  return { ok: true, path };
}

function lexicalRefusal(location: string): string | null {
  if (location === '') return 'no location is given';
  if (location.includes('\0')) return 'the location has a zero byte';
  if (location.includes(IN_MEMORY_TAG)) return 'the location is an address in the memory of the process that wrote it';
  if (isAbsolute(location) || win32.isAbsolute(location) || /^[A-Za-z]:/.test(location)) {
    return 'the location is an absolute path';
  }
  const outside = [normalize(location), win32.normalize(location)].some((path) => /^\.\.([\\/]|$)/.test(path));
  return outside ? 'the location leads out of the folder of the model' : null;
}

function realpathOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    // A loop of links, a name that is too long, a folder without permission: no file that can be had.
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'EACCES', 'EINVAL'].includes(code)) return null;
    throw cause;
  }
}

function dirnameOf(path: string | null): string | null {
  return path === null ? null : dirname(path);
}
