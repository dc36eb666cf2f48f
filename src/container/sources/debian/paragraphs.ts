import { EXIT, Failure } from '../../../nouns/failure.ts';

/** Fields of one paragraph of a Debian control file; the lines of a folded value are joined by newlines. */
export type Paragraph = ReadonlyMap<string, string>;

/** The longest paragraphs of the archive have some tens of kilobytes. */
const MAX_PARAGRAPH_BYTES = 2 ** 20;

/** Reads one paragraph (deb822(5)); lines that are neither a field nor a continuation are skipped, as are comments. */
export function parseParagraph(text: string): Paragraph {
  const fields = new Map<string, string>();
  let name: string | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    if (/^[ \t]/.test(line)) {
      if (name !== undefined) fields.set(name, `${fields.get(name)}\n${line.trim()}`);
      continue;
    }
    const colon = line.indexOf(':');
    name = colon > 0 ? line.slice(0, colon) : undefined;
    if (name !== undefined) fields.set(name, line.slice(colon + 1).trim());
  }
  return fields;
}

/**
 * Cuts a stream into its paragraphs, holding one at a time. They stay bytes, since of the hundred thousand of an archive only a
 * few are worth decoding. Throws a Failure when one does not end.
 */
export async function* splitParagraphs(source: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = rest.indexOf(SEPARATOR); end >= 0; end = rest.indexOf(SEPARATOR, start)) {
      yield rest.subarray(start, end);
      start = end + SEPARATOR.length;
    }
    rest = rest.subarray(start);
    if (rest.length > MAX_PARAGRAPH_BYTES) {
      throw new Failure(`${what}: a paragraph has no end within ${MAX_PARAGRAPH_BYTES} bytes`, {
        code: 'debian/bad-index',
        exit: EXIT.findings,
        mend: 'Use another mirror.',
      });
    }
  }
  if (rest.length > 0) yield rest;
}

const SEPARATOR = '\n\n';
