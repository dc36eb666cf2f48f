import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseParagraph } from './paragraphs.ts';

/** One place that apt takes packages from. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** The keyring that the entry names, if it names one. */
  readonly signedBy: string | undefined;
}

export interface AptFile {
  readonly name: string;
  readonly text: string;
}

/** Far above what people write into these files. */
const MAX_FILES = 200;

/** Reads apt's lists of sources below a folder such as `/etc/apt`; there are none where apt is not used. */
export async function readAptConfiguration(folder: string): Promise<readonly AptSource[]> {
  const parts = await readdir(join(folder, 'sources.list.d')).catch(() => []);
  const names = ['sources.list', ...parts.sort().map((name) => join('sources.list.d', name))].slice(0, MAX_FILES);
  const files: AptFile[] = [];
  for (const name of names) {
    const text = await readFile(join(folder, name), 'utf8').catch(() => undefined);
    if (text !== undefined) files.push({ name, text });
  }
  return parseAptConfiguration(files);
}

/** Binary sources in both of apt's forms (sources.list(5)): one line each in `.list`, paragraphs in `.sources`. */
export function parseAptConfiguration(files: readonly AptFile[]): readonly AptSource[] {
  return files.flatMap(({ name, text }) => {
    if (name.endsWith('.list')) return text.split(/\r?\n/).flatMap(parseLine);
    if (name.endsWith('.sources')) return text.split(/\n\s*\n/).flatMap(parseStanza);
    return [];
  });
}

function parseLine(line: string): readonly AptSource[] {
  const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]+)/.exec(line);
  if (match === null) return [];
  const [, options = '', uri = '', suite = '', components = ''] = match;
  const signedBy = /(?:^|\s)signed-by=(\S+)/i.exec(options)?.[1];
  return [{ uri, suite, components: words(components), signedBy }];
}

function parseStanza(text: string): readonly AptSource[] {
  const fields = new Map([...parseParagraph(text)].map(([name, value]) => [name.toLowerCase(), value]));
  const list = (name: string): readonly string[] => words(fields.get(name) ?? '');
  if (!list('types').includes('deb') || /^(no|false|0|off|without|disable)$/i.test(fields.get('enabled') ?? 'yes'))
    return [];
  const signedBy = fields.get('signed-by');
  return list('uris').flatMap((uri) =>
    list('suites').map((suite) => ({ uri, suite, components: list('components'), signedBy })),
  );
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
