import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { type Digest, digestFromHex } from '../nouns/digest.ts';
import type { GatheredFile } from '../nouns/gathered-file.ts';
import { GatheredReader } from './gathered-reader.ts';

/** SHA-256 of a file, or of one that is gathered from others, hashed in this thread. */
export function hashFile(file: string | GatheredFile): Promise<Digest> {
  return typeof file === 'string' ? hashPath(file) : hashGathered(file);
}

async function hashPath(path: string): Promise<Digest> {
  const file = await open(path);
  try {
    return await hashPieces(async (buffer) => (await file.read(buffer, 0, buffer.length)).bytesRead);
  } finally {
    await file.close();
  }
}

async function hashGathered(file: GatheredFile): Promise<Digest> {
  const reader = await GatheredReader.open(file);
  try {
    const digest = await hashPieces((buffer) => reader.read(buffer));
    await reader.assertUnchanged();
    return digest;
  } finally {
    await reader.close();
  }
}

async function hashPieces(read: (buffer: Uint8Array) => Promise<number>): Promise<Digest> {
  const hash = createHash('sha256');
  // One buffer for the whole file: a stream would take a new one for each piece, at half the speed.
  const buffer = new Uint8Array(2 ** 20);
  for (;;) {
    const count = await read(buffer);
    if (count === 0) break;
    hash.update(buffer.subarray(0, count));
  }
  return digestFromHex(hash.digest('hex'));
}
