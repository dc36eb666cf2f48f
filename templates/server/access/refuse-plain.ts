import type { Socket } from 'node:net';
import type { Server } from 'node:tls';
import { TLS_OPTIONS } from './tls.ts';

/** How every connection over TLS begins: with a record of a handshake (RFC 8446, section 5.1). */
const HANDSHAKE = 0x16;

/** Has clients that speak in clear where TLS is wanted refused in clear, who would else see their connection end without a word. */
export function refusePlain(server: Server, refuse: (socket: Socket) => void): void {
  const own = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const late = setTimeout(() => socket.destroy(), TLS_OPTIONS.handshakeTimeout).unref();
    const fail = (): void => void socket.destroy();
    socket.once('error', fail);
    socket.once('close', () => clearTimeout(late));
    socket.once('readable', () => {
      const begin: Buffer | null = socket.read();
      if (begin === null) socket.destroy();
      else if (begin[0] === HANDSHAKE) {
        clearTimeout(late);
        socket.off('error', fail);
        socket.unshift(begin);
        for (const listener of own) listener.call(server, socket);
      } else {
        refuse(socket);
        // Its end is not seen before the rest of what it sends has been read.
        socket.resume();
      }
    });
  });
}
