/** Where one block ends and the next begins has its part in the bytes that come out. */
export const BLOCK_BYTES = 4 * 2 ** 20;

export type BlockEncoding = 'gzip' | 'zstd';
export type EncodeBlock = (block: Uint8Array) => Uint8Array<ArrayBuffer>;

/** How a block of each encoding is compressed by itself. Loaded where it is used: a thread, which needs one of them. */
export const BLOCK_ENCODERS: Readonly<Record<BlockEncoding, () => Promise<EncodeBlock>>> = {
  gzip: async () => (await import('./deflate-block.ts')).deflateBlock,
  zstd: async () => (await import('./zstd-block.ts')).loadZstdBlock(),
};
