import type { Cache } from '../../cache/cache.ts';
import { canonicalJson } from '../../nouns/canonical-json.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import type { LockedDebianPackage } from '../../nouns/lock.ts';
import { PLATFORMS, type Platform } from '../../nouns/platform.ts';
import type { Tree } from '../tree.ts';
import { completeTree, resolveInTree, withoutDanglingLinks } from './complete-tree.ts';
import { readDebFiles, readDebMetadata } from './debian/deb.ts';
import { CERTIFICATE, isKept } from './debian/kept-paths.ts';
import { readLocales } from './debian/locales.ts';
import { LOCALES_PACKAGE, needsLocalesPackage } from './debian/wanted-packages.ts';
import { CERTIFICATE_BUNDLE, certificateBundle, writtenFiles } from './debian/written-files.ts';
import { type Bytes, damaged } from './decompress.ts';
import { keptTree, type Piece, type PieceContent, takeContent } from './kept-tree.ts';

/** To be raised with every change to what a base holds, since trees are kept by what they were made of. */
const VERSION = 2;

export interface Base {
  readonly platform: Platform;
  readonly packages: readonly LockedDebianPackage[];
  readonly locales: readonly string[];
}

export interface BaseSources {
  readonly cache: Cache;
  /** Gives the path of a package's `.deb` file; asked only when the tree is not in the cache. */
  readonly fetch: (locked: LockedDebianPackage) => Promise<string>;
}

/**
 * The lowest layer of an image, from Debian packages alone: C and C++ libraries, certificates, time zones, locales, accounts,
 * and what scanners read to know the packages. The same packages give the same tree. Throws a Failure when a package is damaged
 * or the platform's programs could not start in the tree.
 */
export async function baseTree(base: Base, { cache, fetch }: BaseSources): Promise<Tree> {
  const { packages, locales } = inOrder(base);
  const make = async (): Promise<readonly Piece[]> => {
    const pieces: Piece[] = [];
    const certificates = new Map<string, string>();
    for (const locked of packages) {
      const path = await fetch(locked);
      pieces.push(...(await unpack(path, { locked, locales, platform: base.platform, certificates, cache })));
    }
    pieces.push(textPiece(CERTIFICATE_BUNDLE, certificateBundle(certificates)));
    return pieces;
  };
  const tree = withoutDanglingLinks(
    completeTree([...(await keptTree({ key: baseTreeKey(base), make }, cache)), ...writtenFiles()]),
  );
  assertStartable(tree, base.platform);
  return tree;
}

/** Names all that the tree of a base depends on: equal keys, equal trees. */
export function baseTreeKey(base: Base): string {
  const { packages, locales } = inOrder(base);
  const digests = packages.map(({ name, digest }) => ({ name, digest }));
  return canonicalJson({ base: VERSION, platform: base.platform, packages: digests, locales });
}

function inOrder({ packages, locales }: Base): Pick<Base, 'packages' | 'locales'> {
  return {
    packages: [...packages].sort((a, b) => (a.name < b.name ? -1 : 1)),
    locales: [...new Set(locales.filter(needsLocalesPackage))].sort(),
  };
}

interface Unpacking {
  readonly locked: LockedDebianPackage;
  readonly locales: readonly string[];
  readonly platform: Platform;
  /** Gathers the certificates that the package brings. */
  readonly certificates: Map<string, string>;
  readonly cache: Cache;
}

/** What of a package goes into the image, and its entry in the package database. */
async function unpack(path: string, unpacking: Unpacking): Promise<readonly Piece[]> {
  const { locked, locales, cache } = unpacking;
  const files =
    locked.name === LOCALES_PACKAGE ? await readLocales(path, { locales, cache }) : await readKept(path, unpacking);
  const { control, md5sums } = await readDebMetadata(path);
  const kept = new Set(files.map((piece) => piece.path));
  const sums = md5sums.split('\n').filter((line) => kept.has(line.replace(/^\S+\s+/, '')));
  // The form in which a package database may lie in pieces, which scanners know from other small images.
  const database = `var/lib/dpkg/status.d/${locked.name}`;
  return [
    ...files,
    textPiece(database, control),
    textPiece(`${database}.md5sums`, sums.map((line) => `${line}\n`).join('')),
  ];
}

async function readKept(path: string, { locked, platform, certificates, cache }: Unpacking): Promise<readonly Piece[]> {
  const pieces = new Map<string, Piece>();
  await readDebFiles(path, async (member, body) => {
    if (member.kind === 'file' && CERTIFICATE.test(member.path)) {
      certificates.set(member.path, await textOf(body));
      return undefined;
    }
    if (member.kind === 'directory' || !isKept(member.path, PLATFORMS[platform])) return undefined;
    if (member.kind === 'symlink') {
      pieces.set(member.path, { kind: 'symlink', path: member.path, target: member.target });
      return undefined;
    }
    const content =
      member.kind === 'hardlink'
        ? contentAt(pieces, { path: member.target, what: locked.name })
        : await takeContent(body, { size: member.size, what: member.path, cache });
    pieces.set(member.path, { kind: 'file', path: member.path, mode: normalMode(member.mode), content });
    return undefined;
  });
  return [...pieces.values()];
}

/** A hard link comes after the file that it shares. */
function contentAt(
  pieces: ReadonlyMap<string, Piece>,
  { path, what }: { readonly path: string; readonly what: string },
): PieceContent {
  const piece = pieces.get(path);
  if (piece?.kind !== 'file') throw damaged(what, `a hard link leads to ${path}, which was not kept`);
  return piece.content;
}

/** Rights beyond reading and running (set-user-id above all) are not taken over. */
function normalMode(mode: number): number {
  return mode & 0o111 ? 0o755 : 0o644;
}

function textPiece(path: string, text: string): Piece {
  return { kind: 'file', path, mode: 0o644, content: new TextEncoder().encode(text) };
}
async function textOf(body: Bytes): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** Without its interpreter a program fails with nothing but "no such file". */
function assertStartable(tree: Tree, platform: Platform): void {
  const { loader } = PLATFORMS[platform];
  if (resolveInTree(tree, loader)?.kind === 'file') return;
  throw new Failure(`the base for ${platform} has no program interpreter: ${loader} leads nowhere`, {
    code: 'debian/no-loader',
    exit: EXIT.usage,
    mend: 'The packages base-files and libc6 of the lock do not fit together; delete the lock and run plimsoll package again to resolve anew.',
  });
}
