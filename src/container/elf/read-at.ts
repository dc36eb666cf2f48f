import { type FileHandle, open } from 'node:fs/promises';
import type { Content } from '../tree.ts';
import type { ReadAt } from './read-dynamic.ts';

/** Reads pieces of a file of a tree, wherever it lies. */
export async function withContent<T>(content: Content, use: (readAt: ReadAt) => Promise<T>): Promise<T> {
  if (content.kind === 'bytes') return use(readerOf(Buffer.from(content.bytes)));
  const file = await open(content.path);
  try {
    return await use((offset, length) => readPiece(file, offset, length));
  } finally {
    await file.close();
  }
}

export function readerOf(bytes: Buffer): ReadAt {
  return async (offset, length) => bytes.subarray(offset, offset + length);
}

async function readPiece(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
  return buffer.subarray(0, bytesRead);
}
