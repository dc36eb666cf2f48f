import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedPages } from '../../scripts/docs/generated-pages.ts';
import type { CommandSpec } from '../../src/commands/command.ts';
import { allSpecs } from '../../src/commands/commands.ts';
import { GLOBAL_OPTIONS } from '../../src/commands/global-options.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const pages = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
].filter((name) => existsSync(join(root, name)));
const textOf = (page: string) => readFileSync(join(root, page), 'utf8');

describe('The documentation', () => {
  it('has the pages that are made from the sources as they are now (npx tsx scripts/make-docs.ts)', async () => {
    for (const [path, text] of await generatedPages(root)) assert.equal(textOf(path), text, path);
  });

  it('has an index that leads to every page', () => {
    const index = textOf('docs/README.md');
    const own = pages.filter((page) => /^docs\/[^/]+\.md$/.test(page) && page !== 'docs/README.md');
    assert.deepEqual(
      own.filter((page) => !index.includes(`(${relative('docs', page)})`)),
      [],
    );
  });

  it('links to what is there, headings among it', () => {
    const broken = pages.flatMap((page) =>
      [...withoutCode(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, target = '']) => target)
        .filter((target) => !/^[a-z]+:/.test(target) && !leads(page, target))
        .map((target) => `${page} → ${target}`),
    );
    assert.deepEqual(broken, []);
  });

  it('names commands and flags that exist', async () => {
    const specs = await allSpecs();
    const all = pages.flatMap((page) => commandsIn(textOf(page)));
    assert.ok(all.length > 60, `${all.length} found`);
    assert.deepEqual(faultsOf('lnit', specs), ['no command lnit']);
    assert.deepEqual(faultsOf('lint . --formt x', specs), ['no flag --formt']);
    const wrong = pages
      .filter((page) => page !== 'CHANGELOG.md')
      .flatMap((page) =>
        commandsIn(textOf(page)).flatMap((line) => faultsOf(line, specs).map((fault) => `${page}: ${line}: ${fault}`)),
      );
    assert.deepEqual(wrong, []);
  });
});

function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, '').replace(/`[^`\n]*`/g, '');
}

function leads(page: string, target: string): boolean {
  const [file = '', heading] = target.split('#');
  const path = file === '' ? join(root, page) : join(root, dirname(page), file);
  if (!existsSync(path)) return false;
  if (heading === undefined) return true;
  const headings = readFileSync(path, 'utf8').match(/^#+ .+$/gm) ?? [];
  return headings.some((line) => slugOf(line) === heading);
}

/** As code hosts make anchors of headings. */
function slugOf(heading: string): string {
  return heading
    .replace(/^#+ /, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/ /g, '-');
}

/** Lines of this program in blocks of code, and between backticks. */
function commandsIn(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^```(?:sh|console|bash)[^\n]*\n([\s\S]*?)^```/gm)].flatMap(([, block = '']) =>
    block.split('\n'),
  );
  const inline = [...text.replace(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(([, words = '']) => words);
  return [...blocks, ...inline].flatMap(
    (line) =>
      /(?:^|[($ ])(?:plimsoll|node dist\/src\/cli\.js) (.+)$/
        .exec(line.replace(/ #.*$/, ''))?.[1]
        ?.split(/ (?:&&|\||>)/)[0] ?? [],
  );
}

function faultsOf(line: string, specs: readonly CommandSpec[]): readonly string[] {
  const [name = '', ...words] = line.split(' ');
  if (/^[A-Z.…]|^--/.test(name)) return [];
  const spec = specs.find((known) => known.name === name);
  if (!spec) return [`no command ${name}`];
  const known = [...spec.options, ...GLOBAL_OPTIONS].flatMap(({ flags }) => flags.match(/--?[a-z][a-z-]*/g) ?? []);
  const flags = words.flatMap((word) => /^\[?(--?[a-z][a-z-]*)/.exec(word)?.[1] ?? []);
  return flags.filter((flag) => !known.includes(flag) && flag !== '--help').map((flag) => `no flag ${flag}`);
}
