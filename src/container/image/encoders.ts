import { createHash } from 'node:crypto';
import { EXIT, Failure } from '../../nouns/failure.ts';
import type { BlockEncoding } from './encode-block.ts';
import { encodedBlocks } from './encoded-blocks.ts';
import type { Block, EncoderPool } from './encoder-pool.ts';
import { gzip } from './gzip.ts';
import { type LayerMediaType, MEDIA_TYPE } from './media-types.ts';

export interface Encoder {
  /** Names everything that settles the compressed bytes; the lock carries it. */
  readonly name: string;
  readonly mediaType: LayerMediaType;
  /** What it makes of `testVector()` as a block. Another digest is another encoder, and needs another name. */
  readonly selfTestDigest: string;
  readonly stream: (
    source: AsyncIterable<Uint8Array>,
    pool: EncoderPool,
  ) => AsyncGenerator<Uint8Array, void, undefined>;
}

/** How layers may be compressed. Each gives the same bytes on every machine and supported Node. */
export const ENCODERS: Readonly<Record<BlockEncoding, Encoder>> = {
  gzip: {
    name: 'gzip/pako-2.2.0-level-6-block-4MiB',
    mediaType: MEDIA_TYPE.gzipLayer,
    selfTestDigest: '85014da7411a2a1ae0c5eecfd344e3b581f24172e9e97b5b056516154ea947c9',
    stream: gzip,
  },
  zstd: {
    name: 'zstd/1.5.7-level-19-frame-4MiB',
    mediaType: MEDIA_TYPE.zstdLayer,
    selfTestDigest: 'ff54b757d5c221b3fb9c4edcc46ebdffeaf6a81514edd4f4b132cf62a895e0c5',
    stream: (source, pool) => encodedBlocks(source, pool),
  },
};

/** The encoding that a lock names. Throws `lock/encoder` for one that this release does not have. */
export function encodingNamed(name: string): BlockEncoding {
  const found = Object.entries(ENCODERS).find(([, encoder]) => encoder.name === name);
  if (found) return found[0] as BlockEncoding;
  const known = Object.values(ENCODERS).map((encoder) => encoder.name);
  throw new Failure(`the lock was written for the encoder ${name}, and this release has ${known.join(' and ')}`, {
    code: 'lock/encoder',
    exit: EXIT.notReproducible,
    mend: 'Use the release that wrote it, or run plimsoll lock --update all and review what moves.',
  });
}

/** The bytes compressed, the same on every machine. Throws `image/encoder` where the encoder fails its self-test. */
export async function* encode(
  source: AsyncIterable<Uint8Array>,
  { encoding, pool }: { readonly encoding: BlockEncoding; readonly pool: EncoderPool },
): AsyncGenerator<Uint8Array, void, undefined> {
  await assertEncoder(encoding, pool);
  yield* ENCODERS[encoding].stream(source, pool);
}

const selfTests = new Map<BlockEncoding, Promise<string>>();

/** Once for each process, on the very threads that do the work: 64 KiB, a few milliseconds. */
async function assertEncoder(encoding: BlockEncoding, pool: EncoderPool): Promise<void> {
  const test = selfTests.get(encoding) ?? digestOfTestVector(pool);
  selfTests.set(encoding, test);
  const { name, selfTestDigest: wanted } = ENCODERS[encoding];
  const found = await test;
  if (found === wanted) return;
  throw new Failure(`the encoder ${name} fails its self-test: found ${found}, wanted ${wanted}`, {
    code: 'image/encoder',
    exit: EXIT.system,
    mend: 'Images made here would have other digests than the same images made elsewhere. Install plimsoll again with its own dependencies.',
  });
}

async function digestOfTestVector(pool: EncoderPool): Promise<string> {
  const vector = testVector(await pool.borrow());
  return createHash('sha256')
    .update(await pool.encode(vector))
    .digest('hex');
}

/** 64 KiB: groups of 32 pseudo-random letters, each followed by a group from further and further back. */
function testVector(block: Block): Block {
  const bytes = block.subarray(0, 2 ** 16);
  let state = 1;
  for (let index = 0; index < bytes.length; index += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const distance = Math.min(index, 32 + (index >>> 6) * 31);
    bytes[index] = index % 64 < 32 ? 97 + ((state >>> 24) & 15) : (bytes[index - distance] ?? 0);
  }
  return bytes;
}
