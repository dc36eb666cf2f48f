import { totalmem } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { findArtefact, stampFolder } from '../convert/find-artefact.ts';
import { FRAMEWORK_FACTS } from '../convert/frameworks.ts';
import { explainFailure } from '../convert/known-failures.ts';
import { namedFiles } from '../convert/named-files.ts';
import { findPython } from '../convert/python/find-python.ts';
import { findUv } from '../convert/python/find-uv.ts';
import { makeEnvironment, type PythonEnvironment } from '../convert/python/make-environment.ts';
import { runProgram } from '../convert/python/run-program.ts';
import { type ExporterResult, runExporter } from '../convert/run-exporter.ts';
import { settleRequirements, settleSource } from '../convert/settle-source.ts';
import { HERE } from '../here.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Framework, ModelSource } from '../nouns/model-source.ts';
import type { Project } from '../project/read-project.ts';
import { processMemoryBytes } from '../validate/runtime/process-memory.ts';
import type { Workbench } from './workbench.ts';

/** Opsets that the default runtime's kernels know in full, and every exporter writes. */
const OPSET = 21;
const ML_OPSET = 3;

/** Training is the user's own; exporting a large network takes minutes. */
const TRAIN_MS = 24 * 3_600_000;
const EXPORT_MS = 3_600_000;
/** A machine is never filled. */
const MEMORY_SHARE = 0.8;

export interface Work {
  /** Takes `model.onnx` and `cases/`. */
  readonly scratch: string;
  readonly bench: Workbench;
  readonly onLog: ((log: string) => void) | undefined;
}

/** What an export says of itself, and the files of the user that it was made of. */
export interface Made {
  readonly result: ExporterResult & { readonly warnings: readonly string[] };
  readonly inputs: readonly string[];
}

/** Makes a project's export with the framework's exporter, or with the user's own command. Throws a Failure `convert/…`. */
export async function makeExport(project: Project & { readonly source: ModelSource }, work: Work): Promise<Made> {
  const { source } = project;
  return typeof source.from === 'string'
    ? makeWithExporter(project, source.from, work)
    : makeWithCommand(project, source.from.command, work);
}

async function makeWithExporter(
  project: Project & { readonly source: ModelSource },
  from: Framework,
  { scratch, bench, onLog }: Work,
): Promise<Made> {
  const { source, folder, name } = project;
  const { env } = bench.machine;
  const settled = settleSource(source, folder);
  const known = settled.kind === 'artefact' ? settled.artefact : undefined;
  const own = source.requirements === undefined ? undefined : resolve(folder, source.requirements);
  const environment = await pythonEnvironment({ from, artefact: known, own, python: source.python }, bench);
  const artefact =
    settled.kind === 'script'
      ? await train(project, from, { script: settled.script, environment, bench, onLog })
      : known;
  bench.progress.note(`convert ${basename(artefact ?? source.source)}`);
  const { outcome, log } = await runExporter(
    {
      from,
      artefact: artefact ?? '',
      ...(settled.kind === 'function' && { module: settled.module, function: settled.function }),
      folder,
      output: scratch,
      name,
      opset: OPSET,
      mlOpset: ML_OPSET,
      samples: source.samples === undefined ? null : resolve(folder, source.samples),
      allowCode: source.allowCode,
    },
    {
      python: environment.python,
      program: fileURLToPath(new URL(`convert/exporters/${FRAMEWORK_FACTS[from].exporter}`, HERE)),
      env,
      timeoutMs: EXPORT_MS,
      memoryBytes: totalmem() * MEMORY_SHARE,
      memoryOf: (pid) => processMemoryBytes(pid, process.platform),
      onProgress: (message) => bench.progress.note(message),
      signal: bench.signal,
    },
  );
  onLog?.(log);
  if (outcome.outcome === 'done') {
    return { result: { ...outcome.result, warnings: outcome.warnings }, inputs: namedFiles(source) };
  }
  throw await exportFailure(outcome, { source: source.source, log, folder });
}

async function pythonEnvironment(
  wanted: { from: Framework; artefact: string | undefined; own: string | undefined; python: string | undefined },
  bench: Workbench,
): Promise<PythonEnvironment> {
  const requirements = await settleRequirements(wanted, wanted.own);
  const { env } = bench.machine;
  const python = await findPython(wanted.python ?? env.PLIMSOLL_PYTHON, env);
  const tools = { python, cache: bench.cache, env, progress: bench.progress, signal: bench.signal };
  return makeEnvironment(requirements, await findUv(tools), tools);
}

async function train(
  { folder, source }: Project & { readonly source: ModelSource },
  from: Framework,
  work: { script: string; environment: PythonEnvironment; bench: Workbench; onLog: Work['onLog'] },
): Promise<string> {
  const { script, environment, bench } = work;
  const named = source.artefact === undefined ? undefined : resolve(folder, source.artefact);
  const before = await stampFolder(dirname(script));
  bench.progress.note(`run ${basename(script)}`);
  const { exitCode, output } = await runProgram(environment.python, [script], {
    env: { ...bench.machine.env, PYTHONDONTWRITEBYTECODE: '1' },
    folder: dirname(script),
    timeoutMs: TRAIN_MS,
    signal: bench.signal,
  });
  work.onLog?.(output);
  if (exitCode !== 0) {
    throw new Failure(
      `${source.source} ended with ${exitCode === null ? 'a signal' : `exit code ${exitCode}`}: ${output.trim().slice(-2000)}`,
      {
        code: 'convert/script',
        exit: EXIT.system,
        mend: 'Mend the script; it runs in an environment with the framework and what the key "requirements" names.',
      },
    );
  }
  return named ?? findArtefact({ from, folder: dirname(script), before });
}

async function makeWithCommand(
  project: Project & { readonly source: ModelSource },
  command: readonly string[],
  { scratch, bench, onLog }: Work,
): Promise<Made> {
  const { folder, source } = project;
  const [program = '', ...args] = command;
  bench.progress.note(`run ${program}`);
  const { exitCode, output } = await runProgram(program, args, {
    env: { ...bench.machine.env, PLIMSOLL_SOURCE: resolve(folder, source.source), PLIMSOLL_OUTPUT: scratch },
    folder,
    timeoutMs: TRAIN_MS,
    signal: bench.signal,
  });
  onLog?.(output);
  if (exitCode !== 0) {
    throw new Failure(`${command.join(' ')} ended with exit code ${exitCode}: ${output.trim().slice(-2000)}`, {
      code: 'convert/command',
      exit: EXIT.system,
      mend: 'It has to write model.onnx, and cases/ with the original’s answers, to the folder that PLIMSOLL_OUTPUT names.',
    });
  }
  return {
    result: {
      framework: { name: program, version: 'unknown' },
      route: command.join(' '),
      opsets: {},
      samples: 'given',
      float32Cost: null,
      warnings: [],
    },
    inputs: [source.source, ...namedFiles(source)],
  };
}

async function exportFailure(
  outcome: Exclude<Awaited<ReturnType<typeof runExporter>>['outcome'], { outcome: 'done' }>,
  facts: { source: string; log: string; folder: string },
): Promise<Failure> {
  if (outcome.outcome === 'refused') {
    return new Failure(outcome.message, {
      code: outcome.code,
      exit: EXIT.usage,
      mend: outcome.mend,
    });
  }
  if (outcome.outcome === 'ended') {
    return new Failure(`converting ${facts.source} ended before its time: ${outcome.how}`, {
      code: 'convert/ended',
      exit: EXIT.system,
      mend: `Look at what it said last: ${facts.log.trim().slice(-1000) || 'nothing'}`,
    });
  }
  const known = explainFailure(outcome.kind, outcome.message);
  return new Failure(
    `${facts.source} cannot be converted: ${known?.message ?? `${outcome.kind}: ${shortened(outcome.message)}`}`,
    {
      code: known?.code ?? 'convert/failed',
      exit: EXIT.findings,
      mend: known?.mend ?? 'The whole trace is shown with --verbose.',
      cause: new Error(outcome.trace),
    },
  );
}

/** Some exporters print thousands of lines of attributes before the cause. */
function shortened(message: string): string {
  const plain = stripVTControlCharacters(message).trim();
  return plain.length <= 600 ? plain : `${plain.slice(0, 300)} … ${plain.slice(-300)}`;
}
