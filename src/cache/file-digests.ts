import { realpath, stat } from 'node:fs/promises';
import type { Digest } from '../nouns/digest.ts';
import { isDigest } from '../nouns/digest.ts';
import { digestOfFile } from './blobs.ts';
import type { Facts } from './facts.ts';

/** File systems keep times no finer than this: what changed more recently may change once more without a trace. */
const SETTLED_MS = 2_000;

/**
 * SHA-256 of a file, hashed again only where it may have changed since it last was: where its size, inode, or time of modification
 * or of change is another one. The last of these no program can set.
 */
export async function rememberedDigest(path: string, facts: Facts): Promise<Digest> {
  const key = `digest of the file ${await realpath(path)}`;
  const stamp = await stampOf(path);
  const known = await facts.recall(key);
  if (isRecord(known) && known.stamp === stamp.text) return known.digest;
  const digest = await digestOfFile(path);
  const isSettled = Date.now() - stamp.changedMs > SETTLED_MS;
  if (isSettled && (await stampOf(path)).text === stamp.text) await facts.remember(key, { stamp: stamp.text, digest });
  return digest;
}

async function stampOf(path: string): Promise<{ readonly text: string; readonly changedMs: number }> {
  const { size, ino, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
  const changed = mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
  return { text: [size, ino, mtimeNs, ctimeNs].join(' '), changedMs: Number(changed / 1_000_000n) };
}

function isRecord(value: unknown): value is { readonly stamp: string; readonly digest: Digest } {
  if (typeof value !== 'object' || value === null || !('stamp' in value) || !('digest' in value)) return false;
  return typeof value.digest === 'string' && isDigest(value.digest);
}
