import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { GatheredFile } from '../nouns/gathered-file.ts';
import { GatheredReader } from './gathered-reader.ts';
import { temporaryPath } from './temporary.ts';
import { writeAll } from './write-all.ts';

/** One read and one write of this size, as for a layer. */
const PIECE_BYTES = 2 ** 20;

/** Writes a gathered file to a place, whole or not at all. Throws as `GatheredReader` does, and what the system says. */
export async function writeGathered(file: GatheredFile, path: string): Promise<void> {
  const temporary = temporaryPath(dirname(path));
  const reader = await GatheredReader.open(file);
  try {
    const target = await open(temporary, 'wx');
    try {
      const piece = new Uint8Array(PIECE_BYTES);
      for (let count = await reader.read(piece); count > 0; count = await reader.read(piece))
        await writeAll(target, piece.subarray(0, count));
      await reader.assertUnchanged();
    } finally {
      await target.close();
    }
    await rename(temporary, path);
  } finally {
    await reader.close();
    await rm(temporary, { force: true });
  }
}
