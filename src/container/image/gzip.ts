import { crc32 } from 'node:zlib';
import { encodedBlocks } from './encoded-blocks.ts';
import type { EncoderPool } from './encoder-pool.ts';

/** Magic, method 8, no flags, no time, no extra flags, operating system 255 (unknown): RFC 1952, 2.3. */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
/** An empty final block with fixed codes: ends the deflate stream without knowing beforehand which block is the last. */
const FINAL_BLOCK = Uint8Array.of(3, 0);

/** The bytes as one gzip member. */
export async function* gzip(
  source: AsyncIterable<Uint8Array>,
  pool: EncoderPool,
): AsyncGenerator<Uint8Array, void, undefined> {
  let crc = 0;
  let size = 0;
  yield HEADER;
  yield* encodedBlocks(source, pool, (block) => {
    crc = crc32(block, crc);
    size = (size + block.length) % 2 ** 32;
  });
  yield Buffer.concat([FINAL_BLOCK, trailer(crc, size)]);
}

function trailer(crc: number, size: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(crc, 0);
  bytes.writeUInt32LE(size, 4);
  return bytes;
}
