import { open } from 'node:fs/promises';
import { GatheredReader } from '../../cache/gathered-reader.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import { type Content, type GatheredContent, type LayerEntry, type LayerTree, sizeOf } from '../tree.ts';
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
  /** Pieces are good only until the next one is asked for: their memory is filled again, and none waits to be collected. */
  readonly mayReuse?: boolean;
}

/**
 * The tree as a tar stream whose bytes depend on the tree and the time alone, in pieces of 1 MiB; the next piece is read
 * while the consumer works on this one, so that memory stays at a few pieces whatever the sizes of the files. Throws as
 * `orderedTree` does, and `image/unreadable-file` or `image/file-changed` for a file that is not as the tree says.
 */
export function tar(tree: LayerTree, options: TarOptions): AsyncGenerator<Uint8Array, void, undefined> {
  return tarOf(orderedTree(tree), options);
}

/** Stands between entries where all that came before is to be handed out at once, since it may be long until the next one comes. */
export const FLUSH = Symbol('flush');

/** The same of entries that come one by one, in their order, with the parents of each before it. */
export function tarOf(
  entries: Iterable<LayerEntry> | AsyncIterable<LayerEntry | typeof FLUSH>,
  options: TarOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (!Number.isInteger(options.mtime) || options.mtime < 0 || options.mtime > MAX_MTIME) {
    throw new RangeError(`a tar time is whole seconds from 0 to ${MAX_MTIME}, found ${options.mtime}`);
  }
  return readAhead(pieces(entries, options));
}

/** Bytes of the tar stream of this tree. */
export function tarSize(tree: LayerTree): number {
  return entriesSize(orderedTree(tree)) + END_BYTES;
}

/** Bytes of so many entries of it, without the end of the archive. */
export function entriesSize(entries: readonly LayerEntry[]): number {
  return entries.reduce((total, entry) => {
    const size = entry.kind === 'file' ? sizeOf(entry.content) : 0;
    return total + headerOf(entry, 0).length + size + paddingOf(size);
  }, 0);
}

async function* pieces(
  entries: Iterable<LayerEntry> | AsyncIterable<LayerEntry | typeof FLUSH>,
  { mtime, signal, mayReuse }: TarOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  let piece = Buffer.allocUnsafeSlow(PIECE_BYTES);
  // One is filled while the consumer works on the other.
  let other = Buffer.allocUnsafeSlow(PIECE_BYTES);
  let used = 0;
  const room = () => piece.subarray(used);
  const full = () => used === PIECE_BYTES;
  const renew = () => {
    const done = piece.subarray(0, used);
    [piece, other] = [mayReuse ? other : Buffer.allocUnsafeSlow(PIECE_BYTES), piece];
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
    if (entry === FLUSH) {
      if (used > 0) yield renew();
      continue;
    }
    yield* copy(headerOf(entry, mtime));
    if (entry.kind !== 'file') continue;
    const size = sizeOf(entry.content);
    if (entry.content.kind === 'bytes') yield* copy(entry.content.bytes);
    else {
      const file = await openContent(entry.content);
      try {
        for (let left = size; left > 0; ) {
          signal?.throwIfAborted();
          const count = await file.read(room().subarray(0, left));
          if (count === 0) throw changed(file.path, size, size - left);
          used += count;
          left -= count;
          if (full()) yield renew();
        }
        await file.assertUnchanged();
      } finally {
        await file.close();
      }
    }
    yield* copy(Buffer.alloc(paddingOf(size)));
  }
  yield* copy(Buffer.alloc(END_BYTES));
  if (used > 0) yield piece.subarray(0, used);
}

function headerOf(entry: LayerEntry, mtime: number): Uint8Array {
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

/** A file that is read from its beginning to its end. */
interface OpenContent {
  readonly path: string;
  /** Gives the number of bytes: 0 at the end. */
  readonly read: (target: Uint8Array) => Promise<number>;
  readonly assertUnchanged: () => Promise<void>;
  readonly close: () => Promise<void>;
}

async function openContent(content: Exclude<Content | GatheredContent, { kind: 'bytes' }>): Promise<OpenContent> {
  const path = content.kind === 'file' ? content.path : (content.file.sources[0]?.path ?? '');
  const told = (cause: unknown): never => {
    throw cause instanceof Failure ? cause : unreadable(path, cause);
  };
  if (content.kind === 'gathered') {
    const reader = await GatheredReader.open(content.file).catch(told);
    return {
      path,
      read: (target) => reader.read(target).catch(told),
      assertUnchanged: () => reader.assertUnchanged(),
      close: () => reader.close(),
    };
  }
  const file = await open(path).catch(told);
  return {
    path,
    read: async (target) => (await file.read(target, 0, target.length).catch(told)).bytesRead,
    assertUnchanged: async () => {
      const { size } = await file.stat();
      if (size !== content.size) throw changed(path, content.size, size);
    },
    close: () => file.close(),
  };
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
