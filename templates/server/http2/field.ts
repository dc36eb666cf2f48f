/** One field of a head: its name and value, and what both weigh in HPACK's tables and limits. */
export interface Field {
  readonly name: string;
  readonly value: string;
  /** RFC 7541, section 4.1. */
  readonly bytes: number;
  readonly kind: number;
}

/** What a server does with a field, by its name; names that it does nothing with are `other`. */
export const KIND = {
  other: 0,
  malformed: 1,
  method: 2,
  scheme: 3,
  path: 4,
  authority: 5,
  contentType: 6,
  contentLength: 7,
  authorization: 8,
  traceparent: 9,
  encoding: 10,
  timeout: 11,
  acceptEncoding: 12,
} as const;

const KINDS: ReadonlyMap<string, number> = new Map([
  [':method', KIND.method],
  [':scheme', KIND.scheme],
  [':path', KIND.path],
  [':authority', KIND.authority],
  ['content-type', KIND.contentType],
  ['content-length', KIND.contentLength],
  ['authorization', KIND.authorization],
  ['traceparent', KIND.traceparent],
  ['grpc-encoding', KIND.encoding],
  ['grpc-timeout', KIND.timeout],
  ['grpc-accept-encoding', KIND.acceptEncoding],
  // Of a connection of HTTP/1 (RFC 9113, section 8.2.2).
  ['connection', KIND.malformed],
  ['keep-alive', KIND.malformed],
  ['proxy-connection', KIND.malformed],
  ['transfer-encoding', KIND.malformed],
  ['upgrade', KIND.malformed],
]);

const OVERHEAD_BYTES = 32;

/** RFC 9113, section 8.2.1: a name is a token without capitals. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;

/** A value has no control character that ends a line or a text, and no white space at its ends. */
const BROKEN_VALUE = /[\0\r\n]|^[ \t]|[ \t]$/;

/** Name and value with one letter for each of their bytes. */
export function makeField(name: string, value: string): Field {
  return { name, value, bytes: name.length + value.length + OVERHEAD_BYTES, kind: kindOf(name, value) };
}

function kindOf(name: string, value: string): number {
  if (BROKEN_VALUE.test(value)) return KIND.malformed;
  const known = KINDS.get(name);
  if (known !== undefined) return known;
  if (!NAME.test(name) || (name === 'te' && value !== 'trailers')) return KIND.malformed;
  return KIND.other;
}
