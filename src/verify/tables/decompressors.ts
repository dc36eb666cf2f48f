import { gunzipSync } from 'node:zlib';
import { decompress } from 'fzstd';

/** Pages of a Parquet file say how long they are; what does not come to that is damaged. */
type Decompress = (input: Uint8Array, outputLength: number) => Uint8Array;

export const gunzip: Decompress = (input, length) => whole(gunzipSync(input, { maxOutputLength: length }), length);

export const fzstd: Decompress = (input, length) => whole(decompress(input, new Uint8Array(length)), length);

function whole(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length !== length) throw new Error(`a page unpacks to ${bytes.length} bytes and not to ${length}`);
  return bytes;
}
