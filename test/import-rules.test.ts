import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

const BELOW_RECIPES = [
  'src/convert',
  'src/validate',
  'src/container',
  'src/report',
  'src/verify',
  'src/project',
  'src/onnx',
  'src/cache',
  'src/nouns',
  'schemas',
];
const BELOW_COMMANDS = ['src/recipes', ...BELOW_RECIPES];

/** Which rooms each room may reach, by however many steps. A room is the longest entry that a file's path starts with. */
const MAY_REACH: Readonly<Record<string, readonly string[]>> = {
  schemas: [],
  'src/here.ts': [],
  'src/nouns': ['schemas'],
  'src/onnx': ['src/nouns', 'schemas'],
  'src/cache': ['src/nouns', 'schemas'],
  'src/project': ['src/nouns', 'schemas'],
  'src/convert': ['src/cache', 'src/nouns', 'schemas'],
  'src/validate': ['src/onnx', 'src/cache', 'src/nouns', 'schemas'],
  'src/container': ['src/onnx', 'src/cache', 'src/nouns', 'schemas'],
  'src/verify': ['src/onnx', 'src/nouns', 'schemas'],
  'src/report': ['src/onnx', 'src/nouns', 'schemas'],
  'src/recipes': BELOW_RECIPES,
  'src/commands': BELOW_COMMANDS,
  'src/index.ts': ['src/commands', ...BELOW_COMMANDS],
  'src/cli.ts': ['src/commands', ...BELOW_COMMANDS],
  'templates/server': ['schemas'],
};

/** Libraries that are wide or stateful are touched in one place. */
const ONE_PLACE: Readonly<Record<string, string>> = {
  dockerode: 'src/container/engine/',
  'onnxruntime-node': 'templates/server/session.ts',
  openpgp: 'src/container/sources/',
  undici: 'src/container/',
  'tar-stream': 'src/container/',
  commander: 'src/commands/run-command-line.ts',
  yaml: 'src/project/read-config.ts',
};

const files = ['src', 'schemas', 'templates'].flatMap((folder) => sourcesBelow(folder));
const imports = new Map(files.map((file) => [file, importsOf(file)]));

describe('The import rules', () => {
  for (const room of Object.keys(MAY_REACH)) {
    it(`let ${room} reach only what ARCHITECTURE.md allows`, () => {
      const chains = files.filter((file) => roomOf(file) === room).flatMap((file) => forbiddenChains(file, room));
      assert.deepEqual(chains, []);
    });
  }

  it('give every source file a room', () => {
    assert.deepEqual(
      files.filter((file) => roomOf(file) === undefined),
      [],
    );
  });

  it('take zod as a namespace, of which the build leaves out what nobody uses', () => {
    const others = files.filter((file) => /import \{[^}]*\} from 'zod'/.test(readFileSync(join(root, file), 'utf8')));
    assert.deepEqual(others, []);
  });

  it('keep each wide library in its one place', () => {
    const strays = files.flatMap((file) =>
      (imports.get(file) ?? [])
        .filter((name) => ONE_PLACE[name] !== undefined && !file.startsWith(ONE_PLACE[name] ?? ''))
        .map((name) => `${file} → ${name}`),
    );
    assert.deepEqual(strays, []);
  });
});

/** Every shortest chain from a file to one that its room may not reach, as `a → b → c`. */
function forbiddenChains(start: string, room: string): string[] {
  const allowed = new Set([room, 'src/here.ts', ...(MAY_REACH[room] ?? [])]);
  const seen = new Set([start]);
  const queue: string[][] = [[start]];
  const chains: string[] = [];
  for (let chain = queue.shift(); chain; chain = queue.shift()) {
    for (const next of imports.get(chain.at(-1) ?? '') ?? []) {
      if (!imports.has(next) || seen.has(next)) continue;
      seen.add(next);
      const longer = [...chain, next];
      if (allowed.has(roomOf(next) ?? '')) queue.push(longer);
      else chains.push(longer.join(' → '));
    }
  }
  return chains;
}

function roomOf(file: string): string | undefined {
  return Object.keys(MAY_REACH)
    .filter((room) => file === room || file.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0];
}

/** What a file imports: files of the project by their path, packages by their name. */
function importsOf(file: string): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const names = [
    ...text.matchAll(
      /(?:^|\n)\s*(?:import|export)\b[^;'"]*?from\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)|require\('([^']+)'\)/g,
    ),
  ];
  return names.map((match) => match[1] ?? match[2] ?? match[3] ?? '').map((name) => targetOf(name, file));
}

function targetOf(name: string, file: string): string {
  return name.startsWith('.') ? normalize(join(dirname(file), name)).replaceAll('\\', '/') : name;
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
}
