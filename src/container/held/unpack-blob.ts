import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { type Bytes, decompress } from '../sources/decompress.ts';

/** A layer that unpacks to more is not one of ours, nor one that a base should have. */
const MAX_LAYER_BYTES = 64 * 2 ** 30;

/** How compressed blobs begin; media types are not relied on, since engines keep none. */
const MAGIC: readonly { readonly suffix: string; readonly bytes: readonly number[] }[] = [
  { suffix: '.gz', bytes: [0x1f, 0x8b] },
  { suffix: '.zst', bytes: [0x28, 0xb5, 0x2f, 0xfd] },
];

/** The tar inside a layer's blob. Throws `sources/damaged` where it cannot be unpacked. */
export async function* unpackBlob(path: string, what: string): Bytes & AsyncGenerator<Uint8Array> {
  const suffix = await suffixOf(path);
  yield* decompress(createReadStream(path), { name: `${what}${suffix}`, maxBytes: MAX_LAYER_BYTES });
}

async function suffixOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return MAGIC.find(({ bytes }) => bytes.every((byte, index) => buffer[index] === byte))?.suffix ?? '';
  } finally {
    await file.close();
  }
}
