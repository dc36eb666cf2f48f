import type { IncomingMessage } from 'node:http';
import { RequestError } from '../request-error.ts';

/** Most header fields of a request. Proxies add a handful each to a client's dozen. */
export const MOST_FIELDS = 200;

/** An answer to what other readers of HTTP may have understood otherwise is the connection's last. */
const LAST = { connection: 'close' };

/**
 * Holds a head that Node's own server has read against what that server lets pass, or leaves to others.
 *
 * @throws RequestError 400, 417, 431, 501 or 505
 */
export function assertServed({ headers, rawHeaders, httpVersion }: IncomingMessage): void {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') {
    throw new RequestError(505, `the request is of HTTP/${httpVersion}; wanted HTTP/1.1`, LAST);
  }
  const fields = rawHeaders.length / 2;
  // Beyond these Node keeps none, and what frames or opens a request may be among them.
  if (fields > MOST_FIELDS) {
    throw new RequestError(431, `the request has ${fields} header fields; wanted at most ${MOST_FIELDS}`, LAST);
  }
  const hosts = countOf('host', rawHeaders);
  // RFC 9112, section 3.2; older versions have no such field.
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) {
    throw new RequestError(400, `the request has ${hosts} "Host" header fields; wanted one`, LAST);
  }
  if (!isHost(headers.host ?? '')) {
    throw new RequestError(
      400,
      `the "Host" header field is "${headers.host}"; wanted a name, with or without a port`,
      LAST,
    );
  }
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && coding.trim().toLowerCase() !== 'chunked') {
    throw new RequestError(501, `transfer-encoding is "${coding}"; wanted chunked alone`, LAST);
  }
  const { expect } = headers;
  if (expect !== undefined && httpVersion === '1.1' && expect.toLowerCase() !== '100-continue') {
    throw new RequestError(417, `expect is "${expect}"; wanted 100-continue`);
  }
}

/** RFC 3986, section 3.2.2: a name or an address, which may be empty, and maybe a port. */
const HOST = /^(?:\[[0-9A-Za-z:.]+\]|[\w.~!$&'()*+,;=%-]*)(?::\d*)?$/;

export function isHost(value: string): boolean {
  return HOST.test(value);
}

function countOf(name: string, rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() === name) count++;
  }
  return count;
}
