import { isDelimiter } from './grammar.ts';

/** Longest piece of a request that an error message quotes. */
const QUOTED_BYTES = 40;

const QUOTE = 0x22;
const OPEN_ARRAY = 0x5b;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;

/** What stands at `position` of a text, for messages: the value as written, cut where it is long. */
export function quoteValue(bytes: Buffer, position: number): string {
  if (position >= bytes.length) return 'the end of the body';
  if (bytes[position] === OPEN_ARRAY) return 'an array';
  if (bytes[position] === OPEN_OBJECT) return 'an object';
  const most = Math.min(bytes.length, position + QUOTED_BYTES + 1);
  let end = position;
  if (bytes[position] === QUOTE) {
    end++;
    while (end < most && bytes[end] !== QUOTE) end += bytes[end] === BACKSLASH ? 2 : 1;
    end++;
  } else while (end < most && !isDelimiter(bytes[end] ?? 0)) end++;
  end = Math.max(end, position + 1);
  if (end - position <= QUOTED_BYTES) return bytes.toString('utf8', position, Math.min(end, bytes.length));
  return `${bytes.toString('utf8', position, position + QUOTED_BYTES)}…`;
}

/** A piece of a request as it is quoted. */
export function cut(text: string): string {
  return text.length <= QUOTED_BYTES ? text : `${text.slice(0, QUOTED_BYTES)}…`;
}
