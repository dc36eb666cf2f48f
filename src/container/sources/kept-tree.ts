import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { Cache } from '../../cache/cache.ts';
import type { Digest } from '../../nouns/digest.ts';
import { EXIT, Failure } from '../../nouns/failure.ts';
import type { Entry, Tree } from '../tree.ts';
import type { Bytes } from './decompress.ts';

/** What a package was unpacked into: small files by value, larger ones as content of the cache. */
export type Piece =
  | Exclude<Entry, { readonly kind: 'file' }>
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly content: PieceContent };

export type PieceContent = Uint8Array | { readonly digest: Digest; readonly bytes: number };

/** Smaller files are held in memory; a base has some two thousand of them. */
const SMALL_BYTES = 256 * 1024;

/** Bounds what a single file of a package may take of the disk; the largest read here is Node itself. */
const MAX_FILE_BYTES = 512 * 2 ** 20;

/** Takes in one file of an archive. */
export async function takeContent(
  body: Bytes,
  { size, what, cache }: { readonly size: number; readonly what: string; readonly cache: Cache },
): Promise<PieceContent> {
  if (size > SMALL_BYTES) {
    const { digest, bytes } = await cache.put(body, { what, maxBytes: MAX_FILE_BYTES });
    return { digest, bytes };
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export interface KeptTree {
  /** Names all that the tree depends on, the version of the code that makes it included. */
  readonly key: string;
  readonly make: () => Promise<readonly Piece[]>;
  /** Which paths are wanted this time; all of them, when nothing is said. */
  readonly only?: (path: string) => boolean;
}

/** A tree that is unpacked once and kept: later runs find its files in the cache, by digest. */
export async function keptTree({ key, make, only = () => true }: KeptTree, cache: Cache): Promise<Tree> {
  const name = `tree ${key}`;
  const kept = await recallTree(cache, { name, only });
  if (kept !== undefined) return kept;
  await once(cache, { name, work: async () => store(await make(), { name, cache }) });
  const made = await recallTree(cache, { name, only });
  if (made === undefined) throw lost(cache);
  return made;
}

/** What is remembered of a tree: where the bytes of each file lie, those of small files in one piece of content. */
type Line =
  | Exclude<Entry, { readonly kind: 'file' }>
  | {
      readonly kind: 'small';
      readonly path: string;
      readonly mode: number;
      readonly start: number;
      readonly bytes: number;
    }
  | {
      readonly kind: 'large';
      readonly path: string;
      readonly mode: number;
      readonly digest: Digest;
      readonly bytes: number;
    };

interface KeptRecord {
  readonly small: Digest;
  readonly lines: readonly Line[];
}

async function store(
  pieces: readonly Piece[],
  { name, cache }: { readonly name: string; readonly cache: Cache },
): Promise<void> {
  const small: Uint8Array[] = [];
  let start = 0;
  const lines = pieces.map((piece): Line => {
    if (piece.kind !== 'file') return piece;
    const { path, mode, content } = piece;
    if (!(content instanceof Uint8Array)) return { kind: 'large', path, mode, ...content };
    small.push(content);
    const line = { kind: 'small', path, mode, start, bytes: content.byteLength } as const;
    start += content.byteLength;
    return line;
  });
  const blob = await cache.put(Readable.from(small));
  const record: KeptRecord = { small: blob.digest, lines };
  await cache.remember(name, { ...record });
}

async function recallTree(
  cache: Cache,
  { name, only }: { readonly name: string; readonly only: (path: string) => boolean },
): Promise<Tree | undefined> {
  // The cache vouches for what it recalls: under this name only store() has written.
  const record = (await cache.recall(name)) as unknown as KeptRecord | undefined;
  const path = record && (await cache.find(record.small));
  if (record === undefined || path === undefined) return undefined;
  const small = await readFile(path);
  const entries: Entry[] = [];
  for (const line of record.lines) {
    const entry = only(line.path) ? await entryOf(line, { small, cache }) : 'skipped';
    if (entry === undefined) return undefined;
    if (entry !== 'skipped') entries.push(entry);
  }
  return entries;
}

/** Nothing where the bytes have gone from the cache. */
async function entryOf(
  line: Line,
  { small, cache }: { readonly small: Uint8Array; readonly cache: Cache },
): Promise<Entry | undefined> {
  if (line.kind === 'directory' || line.kind === 'symlink') return line;
  const { path, mode, bytes } = line;
  if (line.kind === 'small') {
    const content = { kind: 'bytes', bytes: small.subarray(line.start, line.start + bytes) } as const;
    return { kind: 'file', path, mode, content };
  }
  const place = await cache.find(line.digest);
  return place === undefined
    ? undefined
    : { kind: 'file', path, mode, content: { kind: 'file', path: place, size: bytes } };
}

const underWay = new WeakMap<Cache, Map<string, Promise<void>>>();

/** Two platforms' trees may want the same package unpacked at the same time. */
async function once(
  cache: Cache,
  { name, work }: { readonly name: string; readonly work: () => Promise<void> },
): Promise<void> {
  const jobs = underWay.get(cache) ?? new Map<string, Promise<void>>();
  underWay.set(cache, jobs);
  const job = jobs.get(name) ?? work().finally(() => jobs.delete(name));
  jobs.set(name, job);
  return job;
}

function lost(cache: Cache): Failure {
  return new Failure(`what was just written to the cache ${cache.root} cannot be read back`, {
    code: 'cache/lost',
    exit: EXIT.usage,
    mend: 'Check the disk, and that nothing empties the cache while this runs; or name another folder in PLIMSOLL_CACHE.',
  });
}
