import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { withEncoderPool } from '../src/container/image/encoder-pool.ts';
import { encode } from '../src/container/image/encoders.ts';

/** The digest of the beginning of a file, compressed as layers are: npx tsx .ci/encode-digest.ts gzip|zstd FILE BYTES */
const [encoding, file = '', bytes] = process.argv.slice(2);
if (encoding !== 'gzip' && encoding !== 'zstd') throw new TypeError(`${encoding} is no encoding`);
const source = createReadStream(file, { end: Number(bytes) - 1 });
const hash = createHash('sha256');
await withEncoderPool(encoding, async (pool) => {
  for await (const piece of encode(source, { encoding, pool })) hash.update(piece);
});
console.log(hash.digest('hex'));
