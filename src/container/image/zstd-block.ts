import { Zstd } from '@hpcc-js/wasm-zstd';
import type { EncodeBlock } from './encode-block.ts';

/** The highest that needs no more memory to unpack than every program grants; what it costs is paid once for each layer. */
const LEVEL = 19;

/**
 * Compresses blocks to one frame each (RFC 8878); frames laid end to end are a valid stream. The reference implementation as
 * WebAssembly, which computes in integers alone: the bytes are the same on every processor and Node version.
 */
export async function loadZstdBlock(): Promise<EncodeBlock> {
  const zstd = await Zstd.load();
  return (block) => new Uint8Array(zstd.compress(block, LEVEL));
}
