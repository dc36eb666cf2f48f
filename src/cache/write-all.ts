import type { FileHandle } from 'node:fs/promises';

/** Writes all of a piece where the file stands; the system may take it in parts. */
export async function writeAll(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let offset = 0; offset < piece.byteLength; ) {
    const { bytesWritten } = await file.write(piece, offset, piece.byteLength - offset);
    offset += bytesWritten;
  }
}
