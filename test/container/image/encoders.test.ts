import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { Decompress } from 'fzstd';
import type { BlockEncoding } from '../../../src/container/image/encode-block.ts';
import { EncoderPool } from '../../../src/container/image/encoder-pool.ts';
import { ENCODERS, encode, encodingNamed } from '../../../src/container/image/encoders.ts';
import { digestOf } from '../../../src/nouns/digest.ts';
import { Failure } from '../../../src/nouns/failure.ts';

const BLOCK = 4 * 2 ** 20;
const encoding = 'gzip';

describe('the gzip encoder', () => {
  it('gives the bytes that its name promises, whatever the number of threads and the lengths of the pieces', async () => {
    assert.equal(ENCODERS.gzip.name, 'gzip/pako-2.2.0-level-6-block-4MiB');
    const content = sample(2 * BLOCK + 12_345);
    const digests: string[] = [];
    for (const [threads, piece] of [
      [1, 2 ** 20],
      [2, 999_983],
      [3, content.length],
    ] as const) {
      const bytes = await compress(inPieces(content, piece), threads);
      digests.push(digestOf(bytes));
      assert.equal(digestOf(gunzipSync(bytes)), digestOf(content));
    }
    assert.deepEqual(
      new Set(digests),
      new Set(['sha256:3ab7063470cd5f9f8b04f772a659fdf5face4eabf6bd1e9b793b3a8a3feda946']),
    );
  });

  it('writes a header without a time and without a name of a system', async () => {
    const bytes = await compress([Buffer.from('x')], 1);
    assert.deepEqual([...bytes.subarray(0, 10)], [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  });

  it('encodes contents whose lengths lie at the borders of blocks', async () => {
    for (const size of [0, 1, BLOCK - 1, BLOCK, BLOCK + 1]) {
      const content = Buffer.alloc(size, 'ab');
      assert.equal(
        digestOf(gunzipSync(await compress(inPieces(content, 2 ** 20), 2))),
        digestOf(content),
        `${size} bytes`,
      );
    }
  });

  it('encodes several streams on one pool without waiting forever', async () => {
    const pool = new EncoderPool(2, encoding);
    try {
      const content = Buffer.alloc(3 * BLOCK, 'abc');
      const results = await Promise.all(
        [1, 2, 3, 4].map(async () => digestOf(await collect(encode(inPieces(content, 2 ** 20), { encoding, pool })))),
      );
      assert.equal(new Set(results).size, 1);
    } finally {
      await pool.close();
    }
  });

  it('passes on what goes wrong in the source, and can be left early', async () => {
    const pool = new EncoderPool(1, encoding);
    async function* broken() {
      yield Buffer.alloc(BLOCK);
      throw new Error('the disk is gone');
    }
    try {
      await assert.rejects(collect(encode(broken(), { encoding, pool })), /the disk is gone/);
      for await (const _ of encode(inPieces(Buffer.alloc(8 * BLOCK), 2 ** 20), { encoding, pool })) break;
      assert.equal(
        gunzipSync(await collect(encode(inPieces(Buffer.from('still works'), 3), { encoding, pool }))).toString(),
        'still works',
      );
    } finally {
      await pool.close();
    }
  });
});

describe('the zstd encoder', function () {
  this.timeout(60_000);

  it('gives the bytes that its name promises, as frames that any decoder takes', async () => {
    assert.equal(ENCODERS.zstd.name, 'zstd/1.5.7-level-19-frame-4MiB');
    const content = sample(BLOCK + 12_345);
    const bytes = await compress(inPieces(content, 999_983), 2, 'zstd');
    assert.equal(digestOf(bytes), 'sha256:27816b5226eb9ff87487c0c5a75b0415a79851ff782d889b6f83367b96cee628');
    assert.equal(unpacked(bytes), digestOf(content));
  });
});

describe('an encoder that a lock names', () => {
  it('is known by its name, and refused where this release does not have it', () => {
    for (const [encoding, { name }] of Object.entries(ENCODERS)) assert.equal(encodingNamed(name), encoding);
    assert.throws(
      () => encodingNamed('gzip/pako-9.9.9-level-6-block-4MiB'),
      (error: Failure) => error instanceof Failure && error.code === 'lock/encoder' && error.exit === 4,
    );
  });
});

function unpacked(bytes: Uint8Array): string {
  const hash = createHash('sha256');
  new Decompress((chunk) => void hash.update(chunk)).push(bytes, true);
  return `sha256:${hash.digest('hex')}`;
}

async function compress(
  source: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  threads: number,
  encoding: BlockEncoding = 'gzip',
): Promise<Buffer> {
  const pool = new EncoderPool(threads, encoding);
  try {
    return await collect(encode(asynchronous(source), { encoding, pool }));
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
