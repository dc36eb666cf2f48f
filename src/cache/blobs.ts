import { createHash } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { formatByteSize } from '../nouns/byte-size.ts';
import { type Digest, digestFromHex, hexOf } from '../nouns/digest.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import { asCacheFailure } from './cache-failure.ts';
import { digestOfFile } from './digest-of-file.ts';
import type { CacheRooms } from './rooms.ts';
import { temporaryPath } from './temporary.ts';
import { touch } from './touch.ts';
import { writeAll } from './write-all.ts';

/** A piece of content in the cache. */
export interface Blob {
  readonly digest: Digest;
  readonly bytes: number;
  readonly path: string;
}

export interface PutOptions {
  /** What the content must hash to; with another digest nothing is kept and a Failure is thrown. */
  readonly expected?: Digest;
  /** Content that is longer is refused with a Failure while it streams. */
  readonly maxBytes?: number;
  /** What the content is, for messages. */
  readonly what?: string;
  /** Told how many bytes are written so far, and in which file: it has that name until it is whole. */
  readonly onWritten?: (bytes: number, temporary: string) => void;
}

export interface Blobs {
  find(digest: Digest): Promise<string | undefined>;
  has(digest: Digest): Promise<boolean>;
  pathOf(digest: Digest): string;
  /** Is done with each piece before it asks for the next. */
  put(source: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<Blob>;
}

/** Content by digest, one file each. */
export function openBlobs(rooms: CacheRooms): Blobs {
  const verified = new Map<Digest, Promise<boolean>>();
  const pathOf = (digest: Digest): string => join(rooms.blobs, hexOf(digest));
  const has = async (digest: Digest): Promise<boolean> => (await fileSize(pathOf(digest))) !== undefined;

  return {
    pathOf,
    has,

    async find(digest) {
      if (!(await has(digest))) return undefined;
      // Before it is looked at, so that nobody prunes it between the look and the use.
      await touch(pathOf(digest));
      let check = verified.get(digest);
      if (check === undefined) {
        check = matches(pathOf(digest), digest);
        verified.set(digest, check);
      }
      if (await check) return pathOf(digest);
      verified.delete(digest);
      rooms.onCorrupt(`${pathOf(digest)} does not have its digest any more; it was dropped`);
      await rm(pathOf(digest), { force: true }).catch(() => {});
      return undefined;
    },

    async put(source, options = {}) {
      const temporary = temporaryPath(rooms.temporary);
      const watched = watch(source);
      try {
        const written = await writeHashed(temporary, watched.stream, options);
        checkDigest(written.digest, options);
        await moveInto(pathOf(written.digest), { temporary, bytes: written.bytes });
        verified.set(written.digest, Promise.resolve(true));
        return { ...written, path: pathOf(written.digest) };
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => {});
        throw watched.failed() ? error : asCacheFailure(error, rooms.root);
      }
    },
  };
}

/** Tells a fault of the source, which is its owner's to explain, from one of the cache. */
function watch(source: AsyncIterable<Uint8Array>): { stream: AsyncIterable<Uint8Array>; failed: () => boolean } {
  let failed = false;
  async function* watching(): AsyncGenerator<Uint8Array> {
    try {
      yield* source;
    } catch (error) {
      failed = true;
      throw error;
    }
  }
  return { stream: watching(), failed: () => failed };
}

async function matches(path: string, digest: Digest): Promise<boolean> {
  // A file that cannot be read is as good as none: it will be fetched again, and a wrong permission shows up there.
  return digestOfFile(path).then(
    (found) => found === digest,
    () => false,
  );
}

async function writeHashed(
  path: string,
  source: AsyncIterable<Uint8Array>,
  { maxBytes = Number.POSITIVE_INFINITY, what = 'content', onWritten }: PutOptions,
): Promise<{ digest: Digest; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = await open(path, 'wx');
  try {
    for await (const chunk of source) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw tooLong(what, maxBytes);
      // Hashed while the system writes.
      const writing = writeAll(file, chunk);
      hash.update(chunk);
      await writing;
      onWritten?.(bytes, path);
    }
  } finally {
    await file.close();
  }
  return { digest: digestFromHex(hash.digest('hex')), bytes };
}

/** A chunk at once: Node's own `writeFile` cuts it, and waits for a turn of the event loop after each half megabyte. */
function checkDigest(found: Digest, { expected, what = 'content' }: PutOptions): void {
  if (expected === undefined || found === expected) return;
  throw new Failure(`${what}: found the digest ${found}, wanted ${expected}`, {
    code: 'cache/wrong-digest',
    exit: EXIT.findings,
    mend: 'What was received is not what was asked for: the source or something on the way changed it. Nothing was kept; try again, or use another source.',
  });
}

function tooLong(what: string, maxBytes: number): Failure {
  return new Failure(`${what}: longer than the ${formatByteSize(maxBytes)} that it may have`, {
    code: 'cache/too-long',
    exit: EXIT.findings,
    mend: 'Check that the source gives what was asked for, and not some other file or page.',
  });
}

/** Another process may have put the same content there first; Windows then refuses the rename while it is open. */
async function moveInto(
  path: string,
  { temporary, bytes }: { readonly temporary: string; readonly bytes: number },
): Promise<void> {
  try {
    await rename(temporary, path);
  } catch (error) {
    if ((await fileSize(path)) !== bytes) throw error;
    await rm(temporary, { force: true });
  }
}

async function fileSize(path: string): Promise<number | undefined> {
  return stat(path).then(
    (facts) => (facts.isFile() ? facts.size : undefined),
    () => undefined,
  );
}
