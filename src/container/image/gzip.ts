import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { EXIT, Failure } from '../../nouns/failure.ts';
import type { Block, DeflatePool } from './deflate-pool.ts';

/** Names everything that settles the compressed bytes; the lock carries it. */
export const ENCODER = 'gzip/pako-3.0.3-level-6-block-4MiB';

/** Magic, method 8, no flags, no time, no extra flags, operating system 255 (unknown): RFC 1952, 2.3. */
const HEADER = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255);
/** An empty final block with fixed codes: ends the deflate stream without knowing beforehand which block is the last. */
const FINAL_BLOCK = Uint8Array.of(3, 0);

/** What the encoder makes of `testVector()`. Another digest here is another encoder, and needs another name. */
const SELF_TEST_DIGEST = '5e4ed5c7767fcd77e8651a7aca0e4e0da57aec0ce0c29dfc95568045f4593a7a';

/**
 * The bytes as one gzip member that is the same on every machine, made block by block on the pool's threads. Holds a few
 * blocks in memory, however long the source is. Throws `image/encoder` where the encoder fails its self-test.
 */
export async function* gzip(
  source: AsyncIterable<Uint8Array>,
  pool: DeflatePool,
): AsyncGenerator<Uint8Array, void, undefined> {
  await assertEncoder(pool);
  const pieces = source[Symbol.asyncIterator]();
  const fill = filler(pieces);
  const pending: Promise<Uint8Array>[] = [];
  let crc = 0;
  let size = 0;
  try {
    yield HEADER;
    for (;;) {
      const block = await nextBlock(fill, pool);
      if (block === undefined) break;
      crc = crc32(block, crc);
      size = (size + block.length) % 2 ** 32;
      pending.push(watched(pool.deflate(block)));
      if (pending.length > pool.threads) yield* first(pending);
    }
    while (pending.length > 0) yield* first(pending);
    yield Buffer.concat([FINAL_BLOCK, trailer(crc, size)]);
  } finally {
    await Promise.allSettled(pending);
    await pieces.return?.();
  }
}

/** Memory is held while a block is filled and compressed, never while the consumer works: no two layers can wait for each other. */
async function nextBlock(fill: (block: Block) => Promise<number>, pool: DeflatePool): Promise<Block | undefined> {
  const block = await pool.borrow();
  let used = 0;
  try {
    used = await fill(block);
  } finally {
    if (used === 0) pool.giveBack(block);
  }
  return used === 0 ? undefined : block.subarray(0, used);
}

/** Fills blocks from pieces of any length; gives how many bytes there were, fewer than the block has only at the end. */
function filler(pieces: AsyncIterator<Uint8Array>): (block: Block) => Promise<number> {
  let rest: Uint8Array = new Uint8Array(0);
  return async (block) => {
    let used = 0;
    while (used < block.length) {
      if (rest.length === 0) {
        const next = await pieces.next();
        if (next.done) break;
        rest = next.value;
      }
      const part = rest.subarray(0, block.length - used);
      block.set(part, used);
      used += part.length;
      rest = rest.subarray(part.length);
    }
    return used;
  };
}

async function* first(pending: Promise<Uint8Array>[]): AsyncGenerator<Uint8Array, void, undefined> {
  const next = pending.shift();
  if (next) yield await next;
}

function watched<T>(promise: Promise<T>): Promise<T> {
  // A later block may fail before an earlier one is awaited; the failure is seen when its turn comes.
  promise.catch(() => {});
  return promise;
}

function trailer(crc: number, size: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(crc, 0);
  bytes.writeUInt32LE(size, 4);
  return bytes;
}

let selfTest: Promise<string> | undefined;

/** Once for each process, on the very threads that do the work: 64 KiB, a few milliseconds. */
async function assertEncoder(pool: DeflatePool): Promise<void> {
  selfTest ??= digestOfTestVector(pool);
  const found = await selfTest;
  if (found === SELF_TEST_DIGEST) return;
  throw new Failure(`the encoder ${ENCODER} fails its self-test: found ${found}, wanted ${SELF_TEST_DIGEST}`, {
    code: 'image/encoder',
    exit: EXIT.system,
    mend: 'Images made here would have other digests than the same images made elsewhere. Install plimsoll again with its own dependencies.',
  });
}

async function digestOfTestVector(pool: DeflatePool): Promise<string> {
  const vector = testVector(await pool.borrow());
  return createHash('sha256')
    .update(await pool.deflate(vector))
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
