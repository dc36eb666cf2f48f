import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, relative, resolve } from 'node:path';
import { Failure } from '../src/nouns/failure.ts';
import type { Model } from '../src/onnx/model.ts';
import { readModel } from '../src/onnx/read-model.ts';
import { assayModel } from '../src/validate/runtime/assay.ts';
import type { Launch } from '../src/validate/runtime/child-process.ts';
import { argument } from './figures.ts';

/**
 * Prepares every model of the public corpus and of further folders, and says how many came out prepared, how far they lie from the
 * original, and whether their bytes are those of an earlier run: on the same processor, or on another one by `--through`.
 *
 *     npx tsx bench/prepare-corpus.ts --runtime FOLDER [--save FILE] [--against FILE] [FOLDER…]
 *
 * Through an emulator only what is compiled runs, so there the script is built first:
 *
 *     npx esbuild bench/prepare-corpus.ts --bundle --platform=node --format=esm --packages=external --outfile=dist/src/prepare-corpus.js
 *     node dist/src/prepare-corpus.js --runtime FOLDER --against FILE --through 'qemu-x86_64 -cpu Nehalem node' [FOLDER…]
 */
interface Row {
  readonly path: string;
  readonly form: string;
  readonly equality: string;
  readonly largestAbsolute: number;
  readonly largestRelative: number;
  readonly digests: readonly string[];
  readonly why: string;
}

/** Found from the project's root. */
const corpus = resolve('../shared/corpus');
const LIMITS = { timeoutMs: 300_000, memoryBytes: 4 * 2 ** 30 };
const runtimeFolder = argument('runtime') ?? process.env.PLIMSOLL_TEST_RUNTIME ?? '';
const [command, ...rest] = (argument('through') ?? '').split(' ').filter((word) => word !== '');
const launch: Launch | undefined = command === undefined ? undefined : { command, arguments: rest };
const keptFolder = argument('keep');

const temporary = mkdtempSync(join(tmpdir(), 'plimsoll-prepare-'));
const rows: Row[] = [];
try {
  for (const { root, folder } of folders()) {
    for (const name of modelsBelow(folder)) {
      const path = join(folder, name);
      const row = await prepare(path, join(basename(root), relative(root, path)));
      if (row !== null) rows.push(row);
    }
  }
} finally {
  rmSync(temporary, { recursive: true, force: true });
}
report();

function folders(): readonly { readonly root: string; readonly folder: string }[] {
  const flags = new Set(['runtime', 'save', 'against', 'through', 'keep'].map((name) => argument(name)));
  const further = process.argv.slice(2).filter((word) => !word.startsWith('--') && !flags.has(word));
  if (further.length > 0) return further.map((folder) => ({ root: folder, folder }));
  const bundles = readdirSync(join(corpus, 'bundles')).map((name) => {
    const folder = join(temporary, name.replace('.shared.tar.gz', ''));
    mkdirSync(folder);
    execFileSync('tar', ['xzf', join(corpus, 'bundles', name), '-C', folder]);
    return { root: folder, folder };
  });
  return [
    ...['models', 'ort', 'onnx-backend'].map((name) => ({ root: corpus, folder: join(corpus, name) })),
    ...bundles,
  ];
}

function modelsBelow(folder: string): readonly string[] {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return all.filter((name) => name.endsWith('.onnx') && !name.includes('prepared/')).sort();
}

async function prepare(path: string, name: string): Promise<Row | null> {
  const model = read(path);
  if (model === null) return null;
  const outputFolder = keptFolder === undefined ? join(temporary, 'out') : join(keptFolder, name);
  rmSync(outputFolder, { recursive: true, force: true });
  const options = { runtimeFolder, outputFolder, temporaryFolder: temporary, limits: LIMITS };
  const assay = await assayModel(model, { ...options, ...(launch && { launch }) });
  const differences = assay.equality?.differences ?? [];
  return {
    path: name,
    form: assay.prepared?.form ?? 'refused',
    equality: assay.equality?.state ?? assay.trial?.state ?? 'none',
    largestAbsolute: Math.max(0, ...differences.map(({ largestAbsolute }) => largestAbsolute)),
    largestRelative: Math.max(0, ...differences.map(({ largestRelative }) => largestRelative)),
    digests: assay.prepared?.form === 'prepared' ? assay.prepared.files.map((file) => digestOf(file.path)) : [],
    why: assay.prepared?.reason ?? assay.findings.find(({ severity }) => severity === 'error')?.message ?? '',
  };
}

function read(path: string): Model | null {
  try {
    return readModel(path);
  } catch (error) {
    if (error instanceof Failure) return null;
    throw error;
  }
}

function digestOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function report(): void {
  const save = argument('save');
  if (save !== undefined) writeFileSync(save, JSON.stringify(rows, null, 1));
  const count = (of: (row: Row) => string) => {
    const counts = new Map<string, number>();
    for (const row of rows) counts.set(of(row), (counts.get(of(row)) ?? 0) + 1);
    return [...counts].map(([what, times]) => `${what} ${times}`).join(', ');
  };
  console.log(`${rows.length} models: ${count(({ form }) => form)}`);
  console.log(`against the original: ${count(({ equality }) => equality)}`);
  const worst = [...rows].sort((a, b) => b.largestRelative - a.largestRelative).slice(0, 5);
  for (const row of worst)
    console.log(`  ${row.largestRelative.toExponential(1)} of the largest value, ${row.equality}: ${row.path}`);
  for (const row of rows.filter(({ equality }) => ['different', 'as-optimised'].includes(equality)))
    console.log(`  ${row.equality}: ${row.path}`);
  for (const row of rows.filter(({ form }) => form === 'original')) console.log(`  original: ${row.path}: ${row.why}`);
  const against = argument('against');
  if (against === undefined || !existsSync(against)) return;
  const earlier = new Map((JSON.parse(readFileSync(against, 'utf8')) as Row[]).map((row) => [row.path, row]));
  const both = rows.filter((row) => row.digests.length > 0 && (earlier.get(row.path)?.digests.length ?? 0) > 0);
  const other = both.filter((row) => row.digests.join() !== earlier.get(row.path)?.digests.join());
  console.log(`the same bytes as before: ${both.length - other.length} of ${both.length}`);
  for (const row of other) console.log(`  other bytes: ${row.path}`);
  // Nothing to compare is no proof.
  process.exitCode = other.length > 0 || both.length === 0 ? 1 : 0;
  for (const row of rows.filter((r) => earlier.has(r.path) && earlier.get(r.path)?.form !== r.form))
    console.log(`  other form: ${row.path}: ${earlier.get(row.path)?.form} before, ${row.form} now: ${row.why}`);
}
