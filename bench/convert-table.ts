import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { thisMachine } from '../src/commands/this-machine.ts';
import { FRAMEWORK_FACTS } from '../src/convert/frameworks.ts';
import { findPython } from '../src/convert/python/find-python.ts';
import { findUv } from '../src/convert/python/find-uv.ts';
import { makeEnvironment } from '../src/convert/python/make-environment.ts';
import { runProgram } from '../src/convert/python/run-program.ts';
import { canonicalJson, type Json } from '../src/nouns/canonical-json.ts';
import { Failure } from '../src/nouns/failure.ts';
import type { Framework } from '../src/nouns/model-source.ts';
import { SILENT } from '../src/nouns/progress.ts';
import { convertProject } from '../src/recipes/convert-project.ts';
import { readSourceProject } from '../src/recipes/read-source-project.ts';
import { openWorkbench, type Workbench } from '../src/recipes/workbench.ts';
import { brokenPromises } from './convert-promises.ts';
import { type ConvertRow, type KindsOf, renderRows } from './convert-record.ts';
import { argument } from './figures.ts';

/**
 * convert-table [--only NAME,…] [--kinds TEXT,…] [--part K/N] [--record FILE]: makes models of every kind in the environment of each framework and
 * version, converts them, holds each export to what is promised of it, and prints a line for each: what came of it, the largest
 * difference, labels that flip, seconds, and for a failure the words that a person sees. Appends each to FILE as a line of JSON, after one
 * that says which kinds there are in that environment, so that a record shows what it lacks. Ends with 1 where one comes out otherwise
 * than the script that made it says.
 */
interface Entry {
  readonly kind: string;
  readonly source: string;
  /** Of the failure that is wanted. */
  readonly code: string | null;
  readonly keys: Readonly<Record<string, Json>>;
}

const SCRIPTS: Readonly<Partial<Record<Framework, string>>> = {
  sklearn: 'sklearn_models.py',
  xgboost: 'boosting_models.py',
  lightgbm: 'boosting_models.py',
  catboost: 'boosting_models.py',
  keras: 'tensorflow_models.py',
  pytorch: 'pytorch_models.py',
};

const only = argument('only')?.split(',');
const kinds = argument('kinds')?.split(',');
const record = argument('record');
/** Every Nth row, from the Kth on: a long table in pieces. */
const [part = 1, parts = 1] = (argument('part') ?? '1/1').split('/').map(Number);
let unexpected = 0;
const controller = new AbortController();
const bench = await openWorkbench({ machine: thisMachine(), progress: SILENT, signal: controller.signal });
const work = mkdtempSync(join(tmpdir(), 'plimsoll-convert-'));
try {
  for (const [from, script] of Object.entries(SCRIPTS) as [Framework, string][]) {
    for (const { name } of FRAMEWORK_FACTS[from].environments) {
      if (only === undefined || only.includes(name)) await convertAll({ from, name, script }, bench);
    }
  }
} finally {
  await bench.close();
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = unexpected === 0 ? 0 : 1;

async function convertAll(
  { from, name, script }: { readonly from: Framework; readonly name: string; readonly script: string },
  { machine, cache, progress }: Workbench,
): Promise<void> {
  const python = await findPython(machine.env.PLIMSOLL_PYTHON, machine.env);
  const tools = { python, cache, env: machine.env, progress, signal: undefined };
  const file = fileURLToPath(new URL(`../src/convert/environments/${name}.txt`, import.meta.url));
  const environment = await makeEnvironment({ name, file }, await findUv(tools), tools);
  const folder = join(work, name);
  mkdirSync(folder);
  const path = fileURLToPath(new URL(`convert/${script}`, import.meta.url));
  const made = await runProgram(environment.python, [path, folder], {
    env: { ...machine.env, PYTHONDONTWRITEBYTECODE: '1' },
    folder,
    timeoutMs: 1_800_000,
    signal: undefined,
  });
  if (made.exitCode !== 0) throw new Error(`${script} in ${name}: ${made.output}`);
  const entries = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as readonly Entry[];
  append({ environment: name, kinds: entries.map(({ kind }) => kind) });
  for (const [place, entry] of entries.entries()) {
    const isAsked = kinds === undefined || kinds.some((kind) => entry.kind.includes(kind));
    if (isAsked && place % parts === part - 1) await convertOne(entry, { from, name, folder });
  }
}

function append(line: ConvertRow | KindsOf): void {
  if (record !== undefined) appendFileSync(record, `${JSON.stringify(line)}\n`);
}

async function convertOne(
  entry: Entry,
  { from, name, folder }: { readonly from: Framework; readonly name: string; readonly folder: string },
): Promise<void> {
  const start = performance.now();
  const found = await outcomeOf(entry, { from, folder });
  const isWanted = (found.failure?.code ?? null) === entry.code;
  const seconds = Number(((performance.now() - start) / 1000).toFixed(1));
  const row: ConvertRow = { environment: name, kind: entry.kind, isWanted, seconds, ...found };
  if (!isWanted) unexpected++;
  append(row);
  process.stdout.write(renderRows([row]).split('\n').slice(2).join('\n'));
}

async function outcomeOf(
  { kind, source, keys }: Entry,
  { from, folder }: { readonly from: Framework; readonly folder: string },
): Promise<Pick<ConvertRow, 'conversion' | 'failure'>> {
  const stem = kind.replaceAll(/\W+/g, '-');
  const config = join(folder, `${stem}.yaml`);
  const model = { from, source, file: `${stem}/model.onnx`, ...keys };
  writeFileSync(config, canonicalJson({ name: 'bench', model, cases: `${stem}/cases` } as unknown as Json));
  try {
    const { project } = await readSourceProject(config, { workingFolder: folder, allowCode: false });
    const { conversion, modelPath, casesPath } = await convertProject(project, bench, { force: true });
    const broken = await brokenPromises({ modelPath, casesPath }, { conversion, places: [folder, bench.cache.root] });
    if (broken.length > 0) return { failure: { code: 'broken-promise', message: broken.join('; '), mend: '' } };
    const { framework, route, failedRoutes, opsets, parity } = conversion;
    return { conversion: { framework, route, failedRoutes, opsets, parity } };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const plain = (text: string): string => text.replaceAll(`${folder}/`, '').replaceAll(folder, '');
    return { failure: { code: error.code, message: plain(error.message), mend: plain(error.mend) } };
  }
}
