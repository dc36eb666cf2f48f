import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Failure } from '../src/nouns/failure.ts';
import type { Node } from '../src/onnx/model.ts';
import { readModel } from '../src/onnx/read-model.ts';
import { resolveExternalData } from '../src/onnx/resolve-external-data.ts';
import { shippedKernelFacts } from '../src/validate/operators/kernel-facts.ts';
import { checkModel } from '../src/validate/rules/check-model.ts';
import { missingLocale } from '../src/validate/runtime/locale-stand-in.ts';
import type { Signature } from '../src/validate/runtime/requests.ts';
import { type Outcome, openRuntimeChild, type RuntimeChild } from '../src/validate/runtime/runtime-child.ts';
import { trialRun } from '../src/validate/runtime/trial-run.ts';
import { inferShapes } from '../src/validate/shapes/infer-shapes.ts';

/**
 * Holds the rules against the runtime: does each say of a model what the other says? Both are asked about every model of
 * the public corpus and of any further folder.
 *
 *     PLIMSOLL_TEST_RUNTIME=FOLDER npx tsx bench/agreement.ts [--without-corpus] [FOLDER…]
 *
 * The runtime's "yes" is: the binding makes a session, and where the rules say no, a run works as well.
 */
const { values, positionals } = parseArgs({
  options: { 'without-corpus': { type: 'boolean', default: false } },
  allowPositionals: true,
});
const runtimeFolder = process.env.PLIMSOLL_TEST_RUNTIME;
if (runtimeFolder === undefined) throw new Error('PLIMSOLL_TEST_RUNTIME names no folder with onnxruntime-node');
const corpus = fileURLToPath(new URL('../../shared/corpus', import.meta.url));
const temporary = mkdtempSync(join(tmpdir(), 'plimsoll-agreement-'));

interface Row {
  readonly group: string;
  readonly path: string;
  readonly errors: readonly string[];
  readonly runtime: RuntimeWord;
}

interface RuntimeWord {
  readonly accepts: boolean;
  readonly message: string;
}

/** Where the two may differ, and why the rules are right for users all the same. */
const EXCEPTIONS: readonly { readonly isSo: (row: Row) => boolean; readonly why: string }[] = [
  {
    isSo: ({ runtime }) => missingLocale(runtime.message) !== null,
    why: 'this machine lacks the locale; the image brings it, and production/locale says so',
  },
  {
    isSo: ({ path }) => path.endsWith('.ort'),
    why: 'the runtime’s own format, which is no ONNX model',
  },
  {
    isSo: ({ errors }) =>
      errors.some((error) => error.startsWith('structure/external-data') && /zero byte/.test(error)),
    why: 'the runtime cuts a location at a zero byte, so that two readers see two files',
  },
  {
    isSo: ({ path, errors }) => errors.length > 0 && hasNode(path, isOddConstant),
    why: 'the runtime takes every node called Constant for one, whatever its domain and inputs, which the specification forbids',
  },
  {
    isSo: ({ path }) => hasNode(path, isCut),
    why: 'the runtime cuts whole numbers of attributes to 32 bits, so that it reads another number than is written',
  },
];

const THIRTY_TWO_BITS = { least: -(2n ** 31n), most: 2n ** 31n - 1n };

/** Whether a node or a number in the model is one that the runtime looks past. */
function hasNode(path: string, isSo: (node: Node) => boolean): boolean {
  try {
    const { graph, functions } = readModel(path);
    return [graph.nodes, ...functions.map(({ nodes }) => nodes)].some((nodes) => nodes.some(isSo));
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

function isOddConstant({ opType, domain, inputs }: Node): boolean {
  return opType === 'Constant' && (inputs.length > 0 || domain !== '');
}

function isCut({ attributes }: Node): boolean {
  return attributes.some(
    ({ value }) => value.kind === 'int' && (value.value < THIRTY_TWO_BITS.least || value.value > THIRTY_TWO_BITS.most),
  );
}

const LIMITS = { timeoutMs: 60_000, memoryBytes: 3 * 2 ** 30 };
const MODEL_FILE = /\.(onnx|ort)$/;

const kernels = shippedKernelFacts();
const rows: Row[] = [];
/** Sessions in one process before it is replaced, so that what each leaves behind does not add up. */
const SESSIONS_PER_CHILD = 200;
let child: ReturnType<typeof openRuntimeChild> | undefined;
let asked = 0;
try {
  for (const { group, folder } of groups()) {
    for (const path of modelsBelow(folder)) {
      const errors = errorsOf(path);
      rows.push({ group, path, errors, runtime: await askRuntime(path, errors.length > 0) });
    }
    report(group);
  }
} finally {
  await child?.close();
  rmSync(temporary, { recursive: true, force: true });
}
process.exitCode = rows.some((row) => isDisagreement(row) && exceptionOf(row) === undefined) ? 1 : 0;

function groups(): readonly { readonly group: string; readonly folder: string }[] {
  const further = positionals.map((folder) => ({ group: folder, folder }));
  if (values['without-corpus'] || !existsSync(corpus)) return further;
  const archives = [
    ...readdirSync(join(corpus, 'bundles')).map((name) => join(corpus, 'bundles', name)),
    join(corpus, 'upstream-vectors', 'check_model.shared.tar.gz'),
    join(corpus, 'hostile', 'hostile.shared.tar.gz'),
  ];
  const unpacked = archives.map((archive) => {
    const group = basename(archive).replace('.shared.tar.gz', '');
    const folder = join(temporary, group);
    mkdirSync(folder);
    execFileSync('tar', ['xzf', archive, '-C', folder]);
    return { group, folder };
  });
  const loose = ['models', 'ort', 'onnx-backend'].map((group) => ({ group, folder: join(corpus, group) }));
  return [...loose, ...unpacked, ...further];
}

function modelsBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => MODEL_FILE.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function errorsOf(path: string): readonly string[] {
  try {
    const model = readModel(path);
    const facts = { model, kernels, shaped: inferShapes(model), externalData: resolveExternalData(model) };
    const errors = checkModel(facts).filter(({ severity }) => severity === 'error');
    return errors.map(({ rule, message }) => `${rule}: ${message}`);
  } catch (error) {
    if (error instanceof Failure) return [`${error.code}: ${error.message}`];
    throw error;
  }
}

async function askRuntime(path: string, mustRun: boolean): Promise<RuntimeWord> {
  const open = (await renewedChild()) ?? openRuntimeChild({ runtimeFolder: runtimeFolder ?? '', limits: LIMITS });
  child = open;
  const word = await wordOf(open, { path, mustRun });
  await open.ask('release', { session: path });
  return word;
}

/** The last child, unless it has ended or is worn. */
async function renewedChild(): Promise<typeof child> {
  asked += 1;
  const described = await child?.ask('describe', {});
  if (described?.outcome === 'ok' && asked % SESSIONS_PER_CHILD !== 0) return child;
  await child?.close();
  return undefined;
}

async function wordOf(
  open: RuntimeChild,
  { path, mustRun }: { readonly path: string; readonly mustRun: boolean },
): Promise<RuntimeWord> {
  const options = { executionProviders: ['cpu'], intraOpNumThreads: 1, logSeverityLevel: 4 };
  const session = path;
  const created = await open.ask('create', { session, model: { kind: 'file', path }, options });
  if (created.outcome !== 'ok') return { accepts: false, message: messageOf(created) };
  if (!mustRun) return { accepts: true, message: '' };
  const foreign = portsNotCarried(created.value);
  if (foreign.length > 0) return { accepts: false, message: `no tensor of a type that the binding knows: ${foreign}` };
  const trial = await trialRun(open, { session, signature: created.value, bounds: {} });
  if (trial.state === 'ran') return { accepts: true, message: '' };
  return { accepts: false, message: trial.state === 'ended' ? messageOf(trial.ending) : trial.why };
}

function portsNotCarried({ inputs, outputs }: Signature): readonly string[] {
  return [...inputs, ...outputs].filter(({ elementType }) => elementType === null).map(({ name }) => name);
}

function messageOf(outcome: Outcome<unknown>): string {
  return outcome.outcome === 'refused' ? outcome.message : outcome.outcome;
}

function isDisagreement({ errors, runtime }: Row): boolean {
  return runtime.accepts === errors.length > 0;
}

function exceptionOf(row: Row): string | undefined {
  return EXCEPTIONS.find(({ isSo }) => isSo(row))?.why;
}

function report(group: string): void {
  const asked = rows.filter((row) => row.group === group);
  const accepted = asked.filter(({ runtime }) => runtime.accepts);
  const differing = asked.filter(isDisagreement);
  const unexplained = differing.filter((row) => exceptionOf(row) === undefined);
  const alarms = unexplained.filter(({ runtime }) => runtime.accepts);
  console.log(
    [
      group.padEnd(34),
      `asked ${asked.length}`,
      `runtime yes ${accepted.length}, no ${asked.length - accepted.length}`,
      `false alarms ${alarms.length}`,
      `false calm ${unexplained.length - alarms.length}`,
      `exceptions ${differing.length - unexplained.length}`,
    ].join(' | '),
  );
  for (const row of differing) {
    const kind = row.runtime.accepts ? 'alarm' : 'calm';
    const said = row.runtime.accepts ? row.errors[0] : row.runtime.message.replace(/\s+/g, ' ').slice(-200);
    console.log(
      `  ${exceptionOf(row) ?? `DISAGREE (${kind})`}: ${row.path.replace(temporary, '').replace(corpus, '')}: ${said}`,
    );
  }
}

// `readFileSync` of the index tells which models the corpus was made for, and a corpus without it is not the whole one.
if (existsSync(corpus)) {
  const listed = readFileSync(join(corpus, 'INDEX.tsv'), 'utf8').trim().split('\n').length - 1;
  const found = rows.filter(({ group }) => ['models', 'ort', 'onnx-backend'].includes(group)).length;
  console.log(`models of the index: ${listed}; asked ${found}`);
}
