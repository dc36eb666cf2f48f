import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
import { argument } from './figures.ts';

/**
 * convert-table [--only NAME,…] [--kinds TEXT,…]: makes models of every kind in the environment of each framework and version, converts
 * them, and prints a line for each: what came of it, the largest difference, labels that flip, seconds, and for a failure the words
 * that a person sees. Ends with 1 where one comes out otherwise than the script that made it says.
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
let unexpected = 0;
const controller = new AbortController();
const bench = await openWorkbench({ machine: thisMachine(), progress: SILENT, signal: controller.signal });
const work = mkdtempSync(join(tmpdir(), 'plimsoll-convert-'));
console.log('| environment | model | outcome | largest difference | flips | s |\n|---|---|---|---|---|---|');
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
  for (const entry of entries)
    if (kinds === undefined || kinds.some((kind) => entry.kind.includes(kind)))
      await convertOne(entry, { from, name, folder });
}

async function convertOne(
  entry: Entry,
  facts: { readonly from: Framework; readonly name: string; readonly folder: string },
): Promise<void> {
  const { from, name, folder } = facts;
  const start = performance.now();
  const found = await outcomeOf(entry, { from, folder });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const isWanted = found.code === entry.code;
  if (!isWanted) unexpected++;
  console.log(`| ${name} | ${entry.kind} | ${isWanted ? '' : '**unexpected**: '}${found.cells} | ${seconds} |`);
}

async function outcomeOf(
  { kind, source, keys }: Entry,
  { from, folder }: { readonly from: Framework; readonly folder: string },
): Promise<{ readonly code: string | null; readonly cells: string }> {
  const stem = kind.replaceAll(/\W+/g, '-');
  const config = join(folder, `${stem}.yaml`);
  const model = { from, source, file: `${stem}/model.onnx`, ...keys };
  writeFileSync(config, canonicalJson({ name: 'bench', model, cases: `${stem}/cases` } as unknown as Json));
  try {
    const { project } = await readSourceProject(config, { workingFolder: folder, allowCode: false });
    const { conversion } = await convertProject(project, bench, { force: true });
    const largest = Math.max(...conversion.parity.map(({ largestAbsolute }) => largestAbsolute));
    const flips = conversion.parity.reduce((sum, output) => sum + output.flips, 0);
    const relative = Math.max(...conversion.parity.map(({ largestRelative }) => largestRelative));
    return { code: null, cells: `${conversion.route} | ${figure(largest)} (${figure(relative)}) | ${flips}` };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return {
      code: error.code,
      cells: `\`${error.code}\`: ${error.message.replaceAll('\n', ' ').replaceAll(folder, '')} | | `,
    };
  }
}

function figure(value: number): string {
  return value === 0 ? '0' : value.toExponential(1);
}
