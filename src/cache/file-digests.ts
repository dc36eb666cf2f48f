import { realpath, stat } from 'node:fs/promises';
import type { Digest } from '../nouns/digest.ts';
import { isDigest } from '../nouns/digest.ts';
import { digestOfFile } from './digest-of-file.ts';
import type { Facts } from './facts.ts';

/** File systems keep times no finer than this: what changed more recently may change once more without a trace. */
const SETTLED_MS = 2_000;

/**
 * SHA-256 of a file, hashed again only where it may have changed since it last was: where its size, inode, or time of modification
 * or of change is another one. The last of these no program can set.
 */
export async function rememberedDigest(path: string, facts: Facts): Promise<Digest> {
  return (await recallDigest(path, facts)) ?? (await freshDigest(path, facts));
}

/** Whether a file seems to be the same that it was when it was hashed last: for who only wants to know what to expect. */
export async function seemsUnchanged(path: string, facts: Facts): Promise<boolean> {
  return (await recall(path, facts)) !== undefined;
}

/** The same for those who have no time to read a large file: `undefined` where it would have to be. */
export async function cheapDigest(path: string, facts: Facts): Promise<Digest | undefined> {
  const known = await recallDigest(path, facts);
  if (known !== undefined || (await stat(path)).size > CHEAP_BYTES) return known;
  return freshDigest(path, facts);
}

/** Some twenty milliseconds of hashing. */
const CHEAP_BYTES = 16 * 2 ** 20;

async function recallDigest(path: string, facts: Facts): Promise<Digest | undefined> {
  const known = await recall(path, facts);
  return known?.isSettled === false ? undefined : known?.digest;
}

async function recall(path: string, facts: Facts): Promise<FileRecord | undefined> {
  const known = await facts.recall(await keyOf(path));
  return isRecord(known) && known.stamp === (await stampOf(path)).text ? known : undefined;
}

/** SHA-256 of a file as it is now, remembered for those who can do with what it was. */
export async function freshDigest(path: string, facts: Facts): Promise<Digest> {
  const key = await keyOf(path);
  const stamp = await stampOf(path);
  const digest = await digestOfFile(path);
  const isSettled = Date.now() - stamp.changedMs > SETTLED_MS;
  if ((await stampOf(path)).text === stamp.text)
    await facts.remember(key, { stamp: stamp.text, digest, ...(!isSettled && { isSettled }) });
  return digest;
}

async function keyOf(path: string): Promise<string> {
  return `digest of the file ${await realpath(path)}`;
}

async function stampOf(path: string): Promise<{ readonly text: string; readonly changedMs: number }> {
  const { size, ino, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  const changed = mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
  return { text: [size, ino, mtimeNs, ctimeNs].join(' '), changedMs: Number(changed / 1_000_000n) };
}

interface FileRecord {
  readonly stamp: string;
  readonly digest: Digest;
  /** False for a file that had changed so lately that it may have changed once more; then the digest proves nothing. */
  readonly isSettled?: boolean;
}

function isRecord(value: unknown): value is FileRecord {
  if (typeof value !== 'object' || value === null || !('stamp' in value) || !('digest' in value)) return false;
  return typeof value.digest === 'string' && isDigest(value.digest);
}
