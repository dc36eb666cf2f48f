import type { Socket } from 'node:net';
import { renderError } from '../request-error.ts';

/** What cannot be read as HTTP gets the protocol's kind of error too, and the connection is closed. */
export function refuseConnection(error: ParseError, socket: Socket): void {
  // The last answer is on its way, and what follows a request that closes its connection is nothing to anybody (RFC 9112, section 9.6).
  if (socket.writableEnded) return;
  // Where TLS has failed there is nothing to write an answer into.
  if (!socket.writable || error.code === 'ECONNRESET' || /^(?:ERR_SSL|ERR_TLS|EPROTO)/.test(error.code ?? '')) {
    socket.destroy();
    return;
  }
  const { status, message } = CONNECTION_ERRORS[error.code ?? ''] ?? {
    status: '400 Bad Request',
    message: describe(error),
  };
  writeRefusal(socket, status, message);
}

/** A request for a way to somewhere else. */
export function refuseTunnel(socket: Socket): void {
  writeRefusal(socket, '405 Method Not Allowed', 'CONNECT is not served here; this is no proxy');
}

/** Bytes that are no TLS where that is wanted, of whatever protocol. */
export function refuseClear(socket: Socket): void {
  writeRefusal(socket, '400 Bad Request', 'this port speaks TLS; wanted https://');
}

/** A request, or the rest of one, that has not come in time. */
export function refuseLate(socket: Socket): void {
  const { status, message } = LATE;
  writeRefusal(socket, status, message);
}

const LATE = { status: '408 Request Timeout', message: 'the request took too long to arrive' } as const;

const CONNECTION_ERRORS: Readonly<Record<string, { readonly status: string; readonly message: string }>> = {
  HPE_HEADER_OVERFLOW: { status: '431 Request Header Fields Too Large', message: 'the headers are too large' },
  ERR_HTTP_REQUEST_TIMEOUT: LATE,
};

/** What Node's reader of HTTP says beside its code. */
interface ParseError extends NodeJS.ErrnoException {
  readonly reason?: string;
  readonly rawPacket?: Buffer;
}

function describe({ reason, rawPacket }: ParseError): string {
  const begin = rawPacket?.toString('latin1', 0, HTTP_2.length) ?? '';
  if (begin === HTTP_2) return 'this port speaks HTTP/1.1; HTTP/2 is spoken on the port of gRPC';
  if (begin.startsWith(TLS)) return 'this port speaks HTTP, and this is TLS; wanted http://';
  return reason ? `the request is not HTTP/1.1: ${reason}` : 'the request is not HTTP/1.1';
}

/** How connections of other protocols begin: the preface, and a record of a handshake. */
const HTTP_2 = 'PRI * HTTP/2.0';
const TLS = '\x16\x03';

function writeRefusal(socket: Socket, status: string, message: string): void {
  const body = renderError(message);
  socket.end(
    `HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
}
