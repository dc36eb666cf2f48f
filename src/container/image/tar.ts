import { type FileHandle, open } from 'node:fs/promises';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { type Content, type Entry, sizeOf, type Tree } from '../tree.ts';
import { orderedTree } from './ordered-tree.ts';
import { readAhead } from './read-ahead.ts';
import { paddingOf, TAR_BLOCK, tarHeader } from './tar-header.ts';

/** One read and one write of this size: larger ones were slower, smaller ones cost more turns of the event loop. */
const PIECE_BYTES = 2 ** 20;
/** Largest time that eleven octal digits hold. */
const MAX_MTIME = 0o77777777777;
/** The end of an archive: two blocks of zeros. */
const END_BYTES = 2 * TAR_BLOCK;

export interface TarOptions {
  /** Seconds since 1970, the time of every entry. */
  readonly mtime: number;
  /** Ends the stream by throwing its reason. */
  readonly signal?: AbortSignal;
}

/**
 * The tree as a tar stream whose bytes depend on the tree and the time alone, in pieces of 1 MiB; the next piece is read
 * while the consumer works on this one, so that memory stays at a few pieces whatever the sizes of the files. Throws as
 * `orderedTree` does, and `image/unreadable-file` or `image/file-changed` for a file that is not as the tree says.
 */
export function tar(tree: Tree, options: TarOptions): AsyncGenerator<Uint8Array, void, undefined> {
  return tarOf(orderedTree(tree), options);
}

/** The same of entries that come one by one, in their order, with the parents of each before it. */
export function tarOf(
  entries: Iterable<Entry> | AsyncIterable<Entry>,
  options: TarOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (!Number.isInteger(options.mtime) || options.mtime < 0 || options.mtime > MAX_MTIME) {
    throw new RangeError(`a tar time is whole seconds from 0 to ${MAX_MTIME}, found ${options.mtime}`);
  }
  return readAhead(pieces(entries, options));
}

/** Bytes of the tar stream of this tree. */
export function tarSize(tree: Tree): number {
  return orderedTree(tree).reduce((total, entry) => {
    const size = entry.kind === 'file' ? sizeOf(entry.content) : 0;
    return total + headerOf(entry, 0).length + size + paddingOf(size);
  }, END_BYTES);
}

async function* pieces(
  entries: Iterable<Entry> | AsyncIterable<Entry>,
  { mtime, signal }: TarOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  let piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  let used = 0;
  const room = () => piece.subarray(used);
  const full = () => used === PIECE_BYTES;
  const renew = () => {
    const done = piece;
    piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
    used = 0;
    return done;
  };
  function* copy(bytes: Uint8Array) {
    for (let offset = 0; offset < bytes.length; ) {
      const part = bytes.subarray(offset, offset + PIECE_BYTES - used);
      piece.set(part, used);
      used += part.length;
      offset += part.length;
      if (full()) yield renew();
    }
  }
  for await (const entry of entries) {
    signal?.throwIfAborted();
    yield* copy(headerOf(entry, mtime));
    if (entry.kind !== 'file') continue;
    const size = sizeOf(entry.content);
    if (entry.content.kind === 'bytes') yield* copy(entry.content.bytes);
    else {
      const file = await openContent(entry.content);
      try {
        for (let left = size; left > 0; ) {
          signal?.throwIfAborted();
          const count = await readInto(file, room().subarray(0, left), entry.content.path);
          if (count === 0) throw changed(entry.content.path, size, size - left);
          used += count;
          left -= count;
          if (full()) yield renew();
        }
        if ((await file.stat()).size !== size) throw changed(entry.content.path, size, (await file.stat()).size);
      } finally {
        await file.close();
      }
    }
    yield* copy(Buffer.alloc(paddingOf(size)));
  }
  yield* copy(Buffer.alloc(END_BYTES));
  if (used > 0) yield piece.subarray(0, used);
}

function headerOf(entry: Entry, mtime: number): Uint8Array {
  const { kind, path } = entry;
  const size = kind === 'file' ? sizeOf(entry.content) : 0;
  // The mode of a symbolic link means nothing on Linux; 0777 is what every other writer puts.
  return tarHeader({
    kind,
    path,
    size,
    mtime,
    mode: kind === 'symlink' ? 0o777 : entry.mode,
    target: kind === 'symlink' ? entry.target : '',
  });
}

async function openContent(content: Extract<Content, { kind: 'file' }>): Promise<FileHandle> {
  try {
    return await open(content.path);
  } catch (cause) {
    throw unreadable(content.path, cause);
  }
}

async function readInto(file: FileHandle, target: Uint8Array, path: string): Promise<number> {
  try {
    return (await file.read(target, 0, target.length)).bytesRead;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): Failure {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new Failure(`cannot read ${path}, which belongs in the image: ${why}`, {
    code: 'image/unreadable-file',
    exit: EXIT.findings,
    mend: 'Make the file readable, or run again if it was removed in the meantime.',
    cause,
  });
}

function changed(path: string, wanted: number, found: number): Failure {
  return new Failure(`${path} changed while it was packed: wanted ${wanted} bytes, found ${found}`, {
    code: 'image/file-changed',
    exit: EXIT.findings,
    mend: 'Run again when nothing writes to that file any more.',
  });
}
