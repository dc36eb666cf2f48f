import assert from 'node:assert/strict';
import { gunzipSync } from 'node:zlib';
import { DeflatePool } from '../../../src/container/image/deflate-pool.ts';
import { ENCODER, gzip } from '../../../src/container/image/gzip.ts';
import { digestOf } from '../../../src/nouns/digest.ts';

const BLOCK = 4 * 2 ** 20;

describe('the gzip encoder', () => {
  it('gives the bytes that its name promises, whatever the number of threads and the lengths of the pieces', async () => {
    assert.equal(ENCODER, 'gzip/pako-3.0.3-level-6-block-4MiB');
    const content = sample(2 * BLOCK + 12_345);
    const digests: string[] = [];
    for (const [threads, piece] of [
      [1, 2 ** 20],
      [2, 999_983],
      [3, content.length],
    ] as const) {
      const bytes = await encode(inPieces(content, piece), threads);
      digests.push(digestOf(bytes));
      assert.equal(digestOf(gunzipSync(bytes)), digestOf(content));
    }
    assert.deepEqual(
      new Set(digests),
      new Set(['sha256:b547ceb638d59726b3ed47f09dd9fd95f761eb91e4536b7e63ce44f22bde5e8c']),
    );
  });

  it('writes a header without a time and without a name of a system', async () => {
    const bytes = await encode([Buffer.from('x')], 1);
    assert.deepEqual([...bytes.subarray(0, 10)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  });

  it('encodes contents whose lengths lie at the borders of blocks', async () => {
    for (const size of [0, 1, BLOCK - 1, BLOCK, BLOCK + 1]) {
      const content = Buffer.alloc(size, 'ab');
      assert.equal(
        digestOf(gunzipSync(await encode(inPieces(content, 2 ** 20), 2))),
        digestOf(content),
        `${size} bytes`,
      );
    }
  });

  it('encodes several streams on one pool without waiting forever', async () => {
    const pool = new DeflatePool(2);
    try {
      const content = Buffer.alloc(3 * BLOCK, 'abc');
      const results = await Promise.all(
        [1, 2, 3, 4].map(async () => digestOf(await collect(gzip(inPieces(content, 2 ** 20), pool)))),
      );
      assert.equal(new Set(results).size, 1);
    } finally {
      await pool.close();
    }
  });

  it('passes on what goes wrong in the source, and can be left early', async () => {
    const pool = new DeflatePool(1);
    async function* broken() {
      yield Buffer.alloc(BLOCK);
      throw new Error('the disk is gone');
    }
    try {
      await assert.rejects(collect(gzip(broken(), pool)), /the disk is gone/);
      for await (const _ of gzip(inPieces(Buffer.alloc(8 * BLOCK), 2 ** 20), pool)) break;
      assert.equal(
        gunzipSync(await collect(gzip(inPieces(Buffer.from('still works'), 3), pool))).toString(),
        'still works',
      );
    } finally {
      await pool.close();
    }
  });
});

async function encode(source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, threads: number): Promise<Buffer> {
  const pool = new DeflatePool(threads);
  try {
    return await collect(gzip(asynchronous(source), pool));
  } finally {
    await pool.close();
  }
}

async function* asynchronous(source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) {
  yield* source;
}

async function* inPieces(content: Uint8Array, length: number) {
  for (let offset = 0; offset < content.length; offset += length) yield content.subarray(offset, offset + length);
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Text-like: words of a small vocabulary in a pseudo-random order. */
function sample(size: number): Uint8Array {
  const words = ['tensor', 'graph', 'node', 'weight', 'shape', 'batch', 'float', 'layer'];
  let state = 7;
  let text = '';
  while (text.length < 2 ** 16) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    text += `${words[state >>> 29]}${state % 977} `;
  }
  return Buffer.alloc(size, text);
}
