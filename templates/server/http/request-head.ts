import { isHost } from './assert-served.ts';
import type { RequestHead } from './exchange.ts';

/** A head of the plain kind; the content length is not among its fields. */
export interface PlainHead extends RequestHead {
  /** The head as it came, the empty line at its end included. */
  readonly bytes: Buffer;
  /** Where the digits of its content length stand in `bytes`, and how many they are; `undefined` where it has none. */
  readonly length: { readonly at: number; readonly digits: number } | undefined;
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
  let length: PlainHead['length'];
  let start = (lines[0] as string).length + LINE_END_BYTES;
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index] as string;
    const [, name, value] = FIELD.exec(line) ?? [];
    if (name === undefined || value === undefined) return undefined;
    const key = name.toLowerCase();
    if (NOT_PLAIN.has(key) || key in headers || (key === 'content-length' && length !== undefined)) return undefined;
    if (key !== 'content-length') headers[key] = value;
    else if (LENGTH.test(value)) length = { at: start + line.lastIndexOf(value), digits: value.length };
    else return undefined;
    start += line.length + LINE_END_BYTES;
  }
  if (!isKept(headers)) return undefined;
  const bodyBytes = length === undefined ? 0 : Number(bytes.toString('latin1', length.at, length.at + length.digits));
  if (method === 'GET' && bodyBytes > 0) return undefined;
  return { method, target, headers, bytes, bodyBytes, length };
}

/**
 * Reads the head at `position` if it differs from a known one by its content length alone, as those of a client's requests mostly do: at
 * a quarter of what reading it anew takes.
 */
export function readLikeHead(known: PlainHead, bytes: Buffer, position: number): PlainHead | undefined {
  const { length } = known;
  if (length === undefined || known.method !== 'POST') return undefined;
  const at = position + length.at;
  if (at >= bytes.length || known.bytes.compare(bytes, position, at, 0, length.at) !== 0) return undefined;
  let bodyBytes = 0;
  let digits = 0;
  for (let byte = bytes[at]; byte !== undefined && byte >= ZERO && byte <= NINE; byte = bytes[at + digits]) {
    if (++digits > MOST_DIGITS) return undefined;
    bodyBytes = 10 * bodyBytes + byte - ZERO;
  }
  const restAt = length.at + length.digits;
  const restBytes = known.bytes.length - restAt;
  const end = at + digits + restBytes;
  if (digits === 0 || end > bytes.length) return undefined;
  if (known.bytes.compare(bytes, at + digits, end, restAt) !== 0) return undefined;
  const { method, target, headers, meaning } = known;
  const head: PlainHead = {
    method,
    target,
    headers,
    bytes: Buffer.from(bytes.subarray(position, end)),
    bodyBytes,
    length: { at: length.at, digits },
  };
  if (meaning) head.meaning = { ...meaning, body: { ...meaning.body, declaredBytes: bodyBytes } };
  return head;
}

const ZERO = 0x30;
const NINE = 0x39;

/** No body is longer, and numbers are exact up to here. */
const MOST_DIGITS = 15;

const LENGTH = /^\d{1,15}$/;

const LINE_END_BYTES = '\r\n'.length;

const END_BYTES = '\r\n\r\n'.length;

/** Whether it is a connection of HTTP/1.1 that stays open. */
function isKept({ host, connection }: Record<string, string>): boolean {
  return host !== undefined && isHost(host) && (connection === undefined || connection.toLowerCase() === 'keep-alive');
}
