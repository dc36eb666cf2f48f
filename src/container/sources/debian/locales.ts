import { posix } from 'node:path';
import type { Cache } from '../../../cache/cache.ts';
import { EXIT, Failure } from '../../../nouns/failure.ts';
import { type Piece, type PieceContent, takeContent } from '../kept-tree.ts';
import { readDebFiles } from './deb.ts';

const FOLDER = 'usr/lib/locale';

/** Links between locales are one or two deep. */
const MAX_LINKS = 10;

/**
 * Takes locales out of the package that holds all of them, as plain files: there they share most of their content by
 * links from one to the other. Throws a Failure for a locale that does not exist.
 */
export async function readLocales(
  path: string,
  { locales, cache }: { readonly locales: readonly string[]; readonly cache: Cache },
): Promise<readonly Piece[]> {
  const members = new Map<string, string | undefined>();
  await readDebFiles(path, async (member) => {
    if (member.kind === 'file') members.set(member.path, undefined);
    if (member.kind === 'hardlink') members.set(member.path, member.target);
    if (member.kind === 'symlink') members.set(member.path, posix.join(posix.dirname(member.path), member.target));
    return undefined;
  });
  const wanted = locales.flatMap((locale) => filesOf(locale, members));
  const contents = new Map<string, PieceContent | undefined>(wanted.map(({ source }) => [source, undefined]));
  let missing = contents.size;
  await readDebFiles(path, async (member, body) => {
    if (!contents.has(member.path) || member.kind !== 'file') return undefined;
    contents.set(member.path, await takeContent(body, { size: member.size, what: member.path, cache }));
    missing -= 1;
    return missing === 0 ? 'stop' : undefined;
  });
  return wanted.flatMap(({ path, source }): readonly Piece[] => {
    const content = contents.get(source);
    return content === undefined ? [] : [{ kind: 'file', path, mode: 0o644, content }];
  });
}

/** The name of a locale's folder: glibc writes the encoding in lower case and without hyphens. */
export function localeFolder(locale: string): string {
  const [name = '', encoding] = locale.split('.');
  return encoding === undefined ? name : `${name}.${encoding.toLowerCase().replace(/[^a-z0-9@]/g, '')}`;
}

function filesOf(
  locale: string,
  members: ReadonlyMap<string, string | undefined>,
): readonly { readonly path: string; readonly source: string }[] {
  const prefix = `${FOLDER}/${localeFolder(locale)}/`;
  const files = [...members.keys()].filter((path) => path.startsWith(prefix));
  if (files.length === 0) {
    throw new Failure(`Debian has no locale ${locale}`, {
      code: 'debian/no-locale',
      exit: EXIT.usage,
      mend: 'Name one that exists, such as en_US.UTF-8 or de_DE.UTF-8.',
    });
  }
  return files.map((path) => ({ path, source: follow(path, members) }));
}

function follow(path: string, members: ReadonlyMap<string, string | undefined>): string {
  let current = path;
  for (let links = 0; links <= MAX_LINKS; links += 1) {
    const target = members.get(current);
    if (target === undefined) return current;
    current = target;
  }
  return path;
}
