import { STATUS_CODES } from 'node:http';
import type { Reply } from './exchange.ts';

/** Longer than the 60 s that load balancers keep an idle connection, so that it is they who close it, never under a request. */
export const KEEP_ALIVE_MS = 75_000;

const OK = 'HTTP/1.1 200 OK\r\ncontent-length: ';
const KEPT = `\r\nconnection: keep-alive\r\nkeep-alive: timeout=${KEEP_ALIVE_MS / 1000}\r\n\r\n`;
const CLOSED = '\r\nconnection: close\r\n\r\n';

/** The head of an answer, the empty line at its end included; `isLast` as it will be, whatever the reply asks for. */
export function renderHead({ status, fields, bytes }: Reply, isLast: boolean): string {
  let text = status === 200 ? OK : `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\ncontent-length: `;
  text += bytes;
  for (let index = 0; index < fields.length; index += 2) text += `\r\n${fields[index]}: ${fields[index + 1]}`;
  return `${text}\r\ndate: ${httpDate()}${isLast ? CLOSED : KEPT}`;
}

let date = '';
let dateMs = Number.NEGATIVE_INFINITY;

/** Written anew when its second is over; so too where the clock has been set back. */
function httpDate(): string {
  const now = Date.now();
  if (now >= dateMs && now < dateMs + 1000) return date;
  dateMs = now - (now % 1000);
  date = new Date(now).toUTCString();
  return date;
}
