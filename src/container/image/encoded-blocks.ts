import type { Block, EncoderPool } from './encoder-pool.ts';

/**
 * A stream's blocks, each compressed by itself on the pool's threads, in their order. Holds a few blocks in memory, however long the
 * source is; `see` gets each block before it is compressed.
 */
export async function* encodedBlocks(
  source: AsyncIterable<Uint8Array>,
  pool: EncoderPool,
  see: (block: Uint8Array) => void = () => {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const pieces = source[Symbol.asyncIterator]();
  const fill = filler(pieces);
  const pending: Promise<Uint8Array>[] = [];
  try {
    for (;;) {
      const block = await nextBlock(fill, pool);
      if (block === undefined) break;
      see(block);
      pending.push(watched(pool.encode(block)));
      if (pending.length > pool.threads) yield* first(pending);
    }
    while (pending.length > 0) yield* first(pending);
  } finally {
    await Promise.allSettled(pending);
    await pieces.return?.();
  }
}

/** Memory is held while a block is filled and compressed, never while the consumer works: no two layers can wait for each other. */
async function nextBlock(fill: (block: Block) => Promise<number>, pool: EncoderPool): Promise<Block | undefined> {
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
