import { createReadStream } from 'node:fs';
import type { Cache } from '../../cache/cache.ts';
import type { LockedNpmPackage } from '../../nouns/lock.ts';
import { decompress } from './decompress.ts';
import { type Piece, takeContent } from './kept-tree.ts';
import { readTar } from './read-tar.ts';

/** onnxruntime unpacks to some 300 MB. */
const MAX_UNPACKED_BYTES = 2 * 2 ** 30;

/** The files of an npm tarball that `keep` says yes to, by their path within the package. */
export async function unpackNpm(
  tarball: string,
  {
    locked,
    keep,
    cache,
  }: { readonly locked: LockedNpmPackage; readonly keep: (path: string) => boolean; readonly cache: Cache },
): Promise<readonly Piece[]> {
  const what = `${locked.name}-${locked.version}.tgz`;
  // Where a path occurs twice the later one counts, as it does to npm.
  const pieces = new Map<string, Piece>();
  const source = decompress(createReadStream(tarball), { name: `${what}.gz`, maxBytes: MAX_UNPACKED_BYTES });
  await readTar(source, {
    what,
    visit: async (member, body) => {
      // npm drops the first folder whatever its name, and takes nothing but files.
      const path = member.path.slice(member.path.indexOf('/') + 1);
      if (member.kind !== 'file' || !keep(path)) return undefined;
      const mode = member.mode & 0o111 ? 0o755 : 0o644;
      const content = await takeContent(body, { size: member.size, what: path, cache });
      pieces.set(path, { kind: 'file', path, mode, content });
      return undefined;
    },
  });
  return [...pieces.values()];
}
