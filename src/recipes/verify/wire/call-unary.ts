import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from 'node:http2';
import { buffer } from 'node:stream/consumers';

/** What came of a call: a message, or a status with its text. */
export interface UnaryReply {
  /** Of gRPC; 0 is well. */
  readonly status: number;
  readonly text: string;
  readonly message: Buffer;
}

/** One server of gRPC, in the clear, over one connection that is opened again when it has ended. */
export interface Channel {
  /** Throws where no answer comes: an error called `TimeoutError` where it is late. */
  call(path: string, message: Buffer): Promise<UnaryReply>;
  close(): void;
}

export function openChannel(address: string, { timeoutMs }: { readonly timeoutMs: number }): Channel {
  let session: ClientHttp2Session | undefined;
  const connected = () => {
    if (session === undefined || session.closed || session.destroyed) {
      session = connect(address);
      // What happens to it, its calls are told.
      session.on('error', () => {});
    }
    return session;
  };
  return {
    call: (path, message) => callOnce(connected(), { path, message, timeoutMs }),
    close: () => session?.destroy(),
  };
}

interface Call {
  readonly path: string;
  readonly message: Buffer;
  readonly timeoutMs: number;
}

async function callOnce(session: ClientHttp2Session, { path, message, timeoutMs }: Call): Promise<UnaryReply> {
  const signal = AbortSignal.timeout(timeoutMs);
  const stream = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const late = () => stream.destroy(signal.reason as Error);
  signal.addEventListener('abort', late, { once: true });
  let headers: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  stream.on('response', (found) => {
    headers = found;
  });
  stream.on('trailers', (found) => {
    trailers = found;
  });
  try {
    stream.end(framed(message));
    const bytes = await buffer(stream);
    return replyOf(bytes, { headers, trailers, code: stream.rstCode });
  } finally {
    signal.removeEventListener('abort', late);
  }
}

function replyOf(
  bytes: Buffer,
  {
    headers,
    trailers,
    code,
  }: { readonly headers: IncomingHttpHeaders; readonly trailers: IncomingHttpHeaders; readonly code: number },
): UnaryReply {
  // A call that ends before its first message has its status among the headers.
  const told = { ...headers, ...trailers };
  const status = told['grpc-status'];
  if (status === undefined) {
    if (headers[constants.HTTP2_HEADER_STATUS] === undefined)
      throw new Error(`the call ended without an answer, HTTP/2 code ${code}`);
    return { status: UNKNOWN, text: 'the answer has no grpc-status', message: EMPTY };
  }
  const text = textOf(String(told['grpc-message'] ?? ''));
  if (status !== '0') return { status: Number(status), text, message: EMPTY };
  const message = unframed(bytes);
  return message
    ? { status: 0, text, message }
    : { status: UNKNOWN, text: 'the answer is not one message', message: EMPTY };
}

const UNKNOWN = 2;
const EMPTY = Buffer.alloc(0);
/** Whether it is compressed, and its length. */
const PREFIX_BYTES = 5;

/** A message as it goes over a stream. */
export function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

function unframed(bytes: Buffer): Buffer | undefined {
  if (bytes.length < PREFIX_BYTES || bytes[0] !== 0) return undefined;
  return bytes.length - PREFIX_BYTES === bytes.readUInt32BE(1) ? bytes.subarray(PREFIX_BYTES) : undefined;
}

/** `grpc-message` has what is not printable ASCII as %XX. */
function textOf(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
