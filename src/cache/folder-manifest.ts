import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson } from '../nouns/canonical-json.ts';
import type { Digest } from '../nouns/digest.ts';
import { digestOfFile } from './digest-of-file.ts';

/** More than any folder kept here holds; bounds the walk over one that something else has filled. */
const MAX_ENTRIES = 200_000;

/** What lies at a path of a folder: a file by size and digest, a link by target, or a folder. */
export type ManifestLine =
  | { readonly path: string; readonly bytes: number; readonly digest: Digest | null }
  | { readonly path: string; readonly target: string }
  | { readonly path: string; readonly folder: true };

export interface ManifestOptions {
  /** Digests are left out (`null`) where it is false. */
  readonly digests: boolean;
  /** By path; these files are not hashed. */
  readonly known?: ReadonlyMap<string, Digest>;
}

/** Lists all that is in a folder, sorted by path. */
export async function readManifest(folder: string, { digests, known }: ManifestOptions): Promise<ManifestLine[]> {
  const lines: ManifestLine[] = [];
  const waiting = [''];
  for (let parent = waiting.pop(); parent !== undefined; parent = waiting.pop()) {
    for (const name of (await readdir(join(folder, parent))).sort()) {
      if (lines.length >= MAX_ENTRIES) throw new RangeError(`more than ${MAX_ENTRIES} entries in ${folder}`);
      const path = parent === '' ? name : `${parent}/${name}`;
      const facts = await lstat(join(folder, path));
      if (facts.isDirectory()) waiting.push(path);
      if (facts.isDirectory()) lines.push({ path, folder: true });
      else if (facts.isSymbolicLink()) lines.push({ path, target: await readlink(join(folder, path)) });
      else {
        const digest = digests ? (known?.get(path) ?? (await digestOfFile(join(folder, path)))) : null;
        lines.push({ path, bytes: facts.size, digest });
      }
    }
  }
  return lines.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Whether two manifests say the same; digests are compared only where both have them. */
export function sameManifest(a: readonly ManifestLine[], b: readonly ManifestLine[]): boolean {
  const withDigests = [a, b].every((lines) => lines.every((line) => !('digest' in line) || line.digest !== null));
  const render = (lines: readonly ManifestLine[]): string =>
    canonicalJson(lines.map((line) => ('digest' in line && !withDigests ? { ...line, digest: null } : line)));
  return render(a) === render(b);
}
