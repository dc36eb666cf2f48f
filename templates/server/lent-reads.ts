import { Socket, type SocketConstructorOpts } from 'node:net';

/** As large as the pieces in which Node reads on its own. */
const BUFFER_BYTES = 64 * 1024;

/** What all connections are read into, one after another. */
let shared: Buffer | undefined;

/** Takes what has come in; the bytes are another read's as soon as it returns. */
export type TakeLent = (bytes: Buffer) => void;

/** A socket that reads into the buffer of all, and who is told of it. */
export interface LentReads {
  readonly socket: Socket;
  take: TakeLent | undefined;
}

/** The part of Node's socket handle that is asked for. */
interface Handle {
  readonly useUserBuffer?: unknown;
}

/**
 * Node makes a buffer for each read and collects it later, which costs a small request as much as reading it. The socket that this gives
 * in place of an accepted one, before anything has been read, hands what comes in to `take` where it lies, until `take` is unset; from then
 * on it is an ordinary stream. `undefined` for what does not read from the network itself, such as TLS.
 */
export function lendReads(accepted: Socket): LentReads | undefined {
  const owner = accepted as unknown as { _handle: Handle | null };
  const handle = owner._handle;
  if (typeof handle?.useUserBuffer !== 'function') return undefined;
  shared ??= Buffer.allocUnsafeSlow(BUFFER_BYTES);
  const onread = {
    buffer: shared,
    callback: (count: number, buffer: Uint8Array): boolean => {
      const bytes = (buffer as Buffer).subarray(0, count);
      if (lent.take === undefined) return socket.push(Buffer.from(bytes));
      lent.take(bytes);
      return true;
    },
  };
  owner._handle = null;
  const socket = new Socket({ handle, allowHalfOpen: accepted.allowHalfOpen, onread } as SocketConstructorOpts);
  // The server counts the one that it has accepted.
  socket.once('close', () => accepted.destroy());
  const lent: LentReads = { socket, take: undefined };
  return lent;
}
