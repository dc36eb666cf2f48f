import type { Socket } from 'node:net';

/** Readers of a stream can stop between two pieces: so many bytes are some dozens of the shortest requests. */
const PIECE_BYTES = 4096;

/** Puts what has been read back into its socket, for another reader: in pieces, so that others can have their turn amid many requests. */
export function putBack(socket: Socket, bytes: Buffer): void {
  const last = Math.floor((bytes.length - 1) / PIECE_BYTES);
  for (let piece = last; piece >= 0; piece--)
    socket.unshift(bytes.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES));
}
