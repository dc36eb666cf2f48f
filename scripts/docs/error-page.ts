import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../../src/nouns/failure.ts';
import { table } from './command-pages.ts';

export interface ErrorEntry {
  readonly code: string;
  /** By the name that `EXIT` has for it; `null` where a helper settles it. */
  readonly exit: number | null;
  readonly mends: readonly string[];
}

/** Every code of a failure that the sources spell out, with the mends beside it; what is settled at run time stands as …. */
export function errorEntries(root: string): readonly ErrorEntry[] {
  const found = new Map<string, { exit: number | null; mends: Set<string> }>();
  for (const file of sourcesBelow(join(root, 'src'))) {
    const text = readFileSync(file, 'utf8');
    for (const match of text.matchAll(/\bcode: '([a-z][a-z0-9-]*\/[a-z0-9-]+)'/g)) {
      const [, code = ''] = match;
      const around = text.slice(match.index, match.index + 900).split(/\bcode: '/)[1] ?? '';
      const entry = found.get(code) ?? { exit: null, mends: new Set<string>() };
      const name = /exit: EXIT\.(\w+)/.exec(around)?.[1] as keyof typeof EXIT | undefined;
      entry.exit ??= name === undefined ? null : EXIT[name];
      const mend = /mend:\s*(?:'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`)/.exec(around);
      if (mend) entry.mends.add(wordsOf(mend[1] ?? mend[2] ?? ''));
      found.set(code, entry);
    }
  }
  return [...found]
    .map(([code, { exit, mends }]) => ({ code, exit, mends: [...mends] }))
    .sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** Codes of an area whose last part is settled at run time. */
const AREAS: readonly (readonly [area: string, about: string])[] = [
  ['cases', 'missing, empty, invalid: a folder or file of cases that cannot be used'],
  ['engine', 'not-installed, not-running, no-permission, no-answer, not-for-linux: why no container engine is used'],
  ['lock', 'unreadable, conflict, other-version, invalid, edited: a lock that cannot be gone by'],
  [
    'usage',
    'command, option, value, argument, flag, choice: a command line that cannot be read, with what was probably meant',
  ],
];

export function errorPage(root: string): string {
  const entries = errorEntries(root);
  return [
    '# Error codes\n',
    'An error says what, where, found against wanted, and the mend; at its end stands its code, and `--json` has all of it for machines. This list is made\nfrom the sources; `…` stands for what only the case at hand can say. A finding of `plimsoll lint` is no error: [rules](rules/README.md).\n',
    table(
      ['area', 'codes that are made up at run time, too'],
      AREAS.map(([area, about]) => [`\`${area}/…\``, about]),
    ),
    table(
      ['code', 'exit', 'mend'],
      entries.map(({ code, exit, mends }) => [
        `\`${code}\``,
        exit === null ? '' : String(exit),
        mends.map((mend) => mend.replaceAll('|', '\\|').replaceAll('<', '&lt;')).join('<br>') || 'as the message says',
      ]),
    ),
  ].join('\n');
}

function wordsOf(source: string): string {
  return source
    .replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '…')
    .replace(/\\(['`\\])/g, '$1')
    .replaceAll('\\n', ' ');
}

function sourcesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
