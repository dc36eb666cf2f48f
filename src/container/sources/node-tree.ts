import type { Cache } from '../../cache/cache.ts';
import { canonicalJson } from '../../nouns/canonical-json.ts';
import type { LockedNpmPackage } from '../../nouns/lock.ts';
import type { Entry, Tree } from '../tree.ts';
import { completeTree } from './complete-tree.ts';
import { damaged } from './decompress.ts';
import { keptTree, type Piece } from './kept-tree.ts';
import { unpackNpm } from './unpack-npm.ts';
import { withoutSymbols } from './without-symbols.ts';

/** To be raised with every change to what is taken from the package. */
const VERSION = 2;

/** Where each file that is taken goes; headers and manuals stay behind. */
const PLACES: Readonly<Record<string, { readonly path: string; readonly mode: number }>> = {
  'bin/node': { path: 'usr/local/bin/node', mode: 0o755 },
  LICENSE: { path: 'usr/local/share/doc/node/LICENSE', mode: 0o644 },
};

export interface NpmSources {
  readonly cache: Cache;
  /** Gives the path of a package's tarball; asked only when its files are not in the cache. */
  readonly fetch: (locked: LockedNpmPackage) => Promise<string>;
}

/** Node's binary without its symbols, and its licence, as a layer of an image. Throws a Failure when the package does not hold the binary. */
export async function nodeTree(locked: LockedNpmPackage, { cache, fetch }: NpmSources): Promise<Tree> {
  const keep = (path: string): boolean => Object.hasOwn(PLACES, path);
  const make = async () => {
    const pieces = await unpackNpm(await fetch(locked), { locked, keep, cache });
    return Promise.all(pieces.map((piece) => (piece.path === 'bin/node' ? stripped(piece, { locked, cache }) : piece)));
  };
  const files = await keptTree({ key: nodeTreeKey(locked), make }, cache);
  if (!files.some(({ path }) => path === 'bin/node')) {
    throw damaged(`${locked.name}-${locked.version}.tgz`, 'it has no bin/node');
  }
  return completeTree(files.map((entry): Entry => ({ ...entry, ...PLACES[entry.path] })));
}

async function stripped(
  piece: Piece,
  { locked, cache }: { readonly locked: LockedNpmPackage; readonly cache: Cache },
): Promise<Piece> {
  // A program that is small enough to be held in memory is none that has symbols to speak of.
  if (piece.kind !== 'file' || piece.content instanceof Uint8Array) return piece;
  const what = `bin/node of ${locked.name} ${locked.version}`;
  const { digest, bytes } = await cache.put(withoutSymbols(cache.pathOf(piece.content.digest), what), { what });
  return { ...piece, content: { digest, bytes } };
}

/** Names all that the tree depends on: equal keys, equal trees. */
export function nodeTreeKey({ digest }: LockedNpmPackage): string {
  return canonicalJson({ node: VERSION, digest });
}
