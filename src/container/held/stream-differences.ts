import type { Bytes } from '../sources/decompress.ts';

/** Where two streams part: the first byte that differs, or the end of the shorter; nothing where they are the same. */
export async function firstDifference(found: Bytes, made: Bytes): Promise<number | undefined> {
  const [a, b] = [reader(found), reader(made)];
  try {
    for (let offset = 0; ; ) {
      const [left, right] = [await a.chunk(), await b.chunk()];
      const length = Math.min(left.length, right.length);
      if (length === 0) return left.length === right.length ? undefined : offset;
      const [x, y] = [left.subarray(0, length), right.subarray(0, length)];
      if (!Buffer.from(x.buffer, x.byteOffset, length).equals(y)) return offset + firstOf(x, y);
      a.take(length);
      b.take(length);
      offset += length;
    }
  } finally {
    await Promise.allSettled([a.close(), b.close()]);
  }
}

function firstOf(a: Uint8Array, b: Uint8Array): number {
  return a.findIndex((byte, index) => byte !== b[index]);
}

function reader(source: Bytes) {
  const chunks = source[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array(0);
  return {
    /** What is there and not yet taken; empty at the end only. */
    async chunk(): Promise<Uint8Array> {
      while (rest.length === 0) {
        const next = await chunks.next();
        if (next.done) break;
        rest = next.value;
      }
      return rest;
    },
    take(length: number): void {
      rest = rest.subarray(length);
    },
    close: async () => void (await chunks.return?.()),
  };
}
