import type { RequestHead } from './exchange.ts';

/** A head of the plain kind, and how its body is framed. */
export interface PlainHead extends RequestHead {
  /** The head as it came, the empty line at its end included. */
  readonly bytes: Buffer;
  readonly bodyBytes: number;
}

/** Most header fields of a plain head; what browsers and proxies send is a third of it. */
const MOST_FIELDS = 64;

/** RFC 9112, section 3: of the request line, what clients of this server send. */
const REQUEST_LINE = /^(GET|POST) (\/[!-~]*) HTTP\/1\.1$/;

/** RFC 9110, sections 5.1 and 5.5: a name, a colon right behind it, and a value without control characters. */
const FIELD = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([ -~\x80-\xff]*?)[ \t]*$/;

/** Fields that change how a request is framed or what becomes of its connection. */
const NOT_PLAIN: ReadonlySet<string> = new Set([
  'transfer-encoding',
  'expect',
  'upgrade',
  'trailer',
  'http2-settings',
  'proxy-connection',
]);

/**
 * Reads a head, given with the empty line at its end, if there is nothing about it on which two readers of HTTP could differ: one of
 * two methods, every field once, a body framed by its length alone. `undefined` for all else.
 */
export function readPlainHead(bytes: Buffer): PlainHead | undefined {
  const lines = bytes.toString('latin1', 0, bytes.length - END_BYTES).split('\r\n');
  const [, method, target] = REQUEST_LINE.exec(lines[0] ?? '') ?? [];
  if (method === undefined || target === undefined || lines.length > MOST_FIELDS) return undefined;
  const headers: Record<string, string> = Object.create(null);
  for (let index = 1; index < lines.length; index++) {
    const [, name, value] = FIELD.exec(lines[index] as string) ?? [];
    if (name === undefined || value === undefined) return undefined;
    const key = name.toLowerCase();
    if (NOT_PLAIN.has(key) || key in headers) return undefined;
    headers[key] = value;
  }
  const bodyBytes = plainLength(method, headers);
  return bodyBytes === undefined ? undefined : { method, target, headers, bytes, bodyBytes };
}

const END_BYTES = '\r\n\r\n'.length;

function plainLength(method: string, { host, connection, 'content-length': length }: Record<string, string>) {
  if (host === undefined || (connection !== undefined && connection.toLowerCase() !== 'keep-alive')) return undefined;
  if (length === undefined) return 0;
  if (!/^\d{1,15}$/.test(length)) return undefined;
  const bytes = Number(length);
  return method === 'GET' && bytes > 0 ? undefined : bytes;
}
