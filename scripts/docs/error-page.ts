import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXIT } from '../../src/nouns/failure.ts';
import { EXITS, table } from './command-pages.ts';

export interface ErrorEntry {
  readonly code: string;
  /** By the name that `EXIT` has for it; `null` where a helper settles it. */
  readonly exit: number | null;
  readonly mends: readonly string[];
  /** What such an error says, where it stands beside the code. */
  readonly messages: readonly string[];
}

/** Every code of a failure that the sources spell out, with the mends beside it; what is settled at run time stands as …. */
export function errorEntries(root: string): readonly ErrorEntry[] {
  const found = new Map<string, { exit: number | null; mends: Set<string>; messages: Set<string> }>();
  for (const file of sourcesBelow(join(root, 'src'))) {
    const text = readFileSync(file, 'utf8');
    for (const match of text.matchAll(/\bcode: '([a-z][a-z0-9-]*\/[a-z0-9-]+)'/g)) {
      const [, code = ''] = match;
      const around = text.slice(match.index, match.index + 900).split(/\bcode: '/)[1] ?? '';
      const entry = found.get(code) ?? { exit: null, mends: new Set<string>(), messages: new Set<string>() };
      const name = /exit: EXIT\.(\w+)/.exec(around)?.[1] as keyof typeof EXIT | undefined;
      entry.exit ??= name === undefined ? null : EXIT[name];
      const mend = /mend:\s*(?:'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`)/.exec(around);
      if (mend) entry.mends.add(wordsOf(mend[1] ?? mend[2] ?? ''));
      const message = messageBefore(text, match.index);
      if (message !== undefined) entry.messages.add(message);
      found.set(code, entry);
    }
  }
  return [...found]
    .map(([code, { exit, mends, messages }]) => ({ code, exit, mends: [...mends], messages: [...messages] }))
    .sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** The literal that the failure around a place begins with. */
function messageBefore(text: string, place: number): string | undefined {
  const before = text.slice(Math.max(0, place - 900), place);
  const begun = before.lastIndexOf('new Failure(');
  if (begun < 0) return undefined;
  const literal = /^new Failure\(\s*(?:'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`)\s*,/.exec(before.slice(begun));
  return literal ? wordsOf(literal[1] ?? literal[2] ?? '') : undefined;
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
  ['verdict', 'missing, invalid: a kept verdict that cannot be used'],
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
        `[\`${code}\`](errors/${fileOf(code)})`,
        exit === null ? '' : String(exit),
        mends.map((mend) => mend.replaceAll('|', '\\|').replaceAll('<', '&lt;')).join('<br>') || 'as the message says',
      ]),
    ),
  ].join('\n');
}

function fileOf(code: string): string {
  return `${code.replace('/', '-')}.md`;
}

/** A page for each code, by path. */
export function errorPages(root: string): readonly (readonly [path: string, text: string])[] {
  return errorEntries(root).map((entry) => [`docs/errors/${fileOf(entry.code)}`, pageOf(entry)] as const);
}

const EXIT_MEANINGS: Readonly<Record<number, string>> = Object.fromEntries(EXITS);

function pageOf({ code, exit, messages, mends }: ErrorEntry): string {
  const area = code.slice(0, code.indexOf('/'));
  const list = (items: readonly string[]) => items.map((item) => `- ${item.replaceAll('<', '&lt;')}\n`).join('');
  return [
    `# ${code}\n`,
    exit === null
      ? 'The exit code is that of the command that met it.\n'
      : `It ends the command with exit code ${exit}: ${EXIT_MEANINGS[exit]}.\n`,
    messages.length === 0
      ? 'What it says is settled at run time: what, where, found against wanted.\n'
      : `## What it says\n\n${list(messages)}`,
    `## How to go on\n\n${mends.length === 0 ? 'As the message says.\n' : list(mends)}`,
    `\`…\` stands for what only the case at hand can say. [All codes](../errors.md), those of \`${area}\` among them; with \`--json\` the error is one line for machines, with\n\`--verbose\` it has its cause.\n`,
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
