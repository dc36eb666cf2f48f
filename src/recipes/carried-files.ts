import type { HeldIndex } from '../container/held/held-index.ts';
import { unpackBlob } from '../container/held/unpack-blob.ts';
import { readTar } from '../container/sources/read-tar.ts';
import type { Digest } from '../nouns/digest.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Workbench } from './workbench.ts';

/** A file that an image should hold. */
export interface CarriedFile {
  /** In the image, relative to its root. */
  readonly path: string;
  readonly bytes: number;
  readonly digest: Digest;
}

/**
 * Gives files by digest: from the cache, else out of the image's layers, the uppermost first. What was taken out is kept in the
 * cache. Throws `image/other-file` where the image has another file in its place, and none where the image has none.
 */
export function carriedFiles(wanted: readonly CarriedFile[], image: HeldIndex, bench: Workbench) {
  let taken: Promise<void> | undefined;
  return async ({ digest, path }: Pick<CarriedFile, 'digest' | 'path'>): Promise<string> => {
    const kept = await bench.cache.find(digest);
    if (kept !== undefined) return kept;
    taken ??= takeOut(wanted, image, bench);
    await taken;
    const found = await bench.cache.find(digest);
    if (found !== undefined) return found;
    throw otherFile(path, image.name, 'it is not there');
  };
}

async function takeOut(wanted: readonly CarriedFile[], image: HeldIndex, bench: Workbench): Promise<void> {
  const missing = new Map(wanted.map((file) => [file.path, file]));
  const seen = new Set<string>();
  for (const layer of image.images.flatMap(({ layers }) => [...layers].reverse())) {
    if (missing.size === 0) return;
    if (seen.has(layer.diffId)) continue;
    seen.add(layer.diffId);
    const blob = await layer.fetch();
    await readTar(unpackBlob(blob, `a layer of ${image.name}`), {
      what: `a layer of ${image.name}`,
      visit: async (member, body) => {
        bench.signal?.throwIfAborted();
        const file = missing.get(member.path);
        if (!file || member.kind !== 'file') return undefined;
        missing.delete(member.path);
        if (member.size !== file.bytes)
          throw otherFile(file.path, image.name, `found ${member.size} bytes, the lock has ${file.bytes}`);
        await keep(file, body, { image, bench });
        return missing.size === 0 ? 'stop' : undefined;
      },
    });
  }
}

async function keep(
  { path, digest }: CarriedFile,
  body: AsyncIterable<Uint8Array>,
  { image, bench }: { readonly image: HeldIndex; readonly bench: Workbench },
): Promise<void> {
  const found = await bench.cache.put(body, { what: `${path} of ${image.name}` });
  if (found.digest === digest) return;
  throw otherFile(path, image.name, `found the digest ${found.digest}, the lock has ${digest}`);
}

function otherFile(path: string, name: string, why: string): Failure {
  return new Failure(`${path} of ${name} is not what its lock names: ${why}`, {
    code: 'image/other-file',
    exit: EXIT.notReproducible,
    mend: 'The image was changed after it was made. Take it from where it was first pushed, or build it anew.',
  });
}
