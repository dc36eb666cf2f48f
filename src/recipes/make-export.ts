import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { assertArtefact } from '../convert/assert-artefact.ts';
import { FRAMEWORK_FACTS } from '../convert/frameworks.ts';
import { namedFiles } from '../convert/named-files.ts';
import { findPython } from '../convert/python/find-python.ts';
import { findUv } from '../convert/python/find-uv.ts';
import { makeEnvironment, type PythonEnvironment } from '../convert/python/make-environment.ts';
import { runProgram } from '../convert/python/run-program.ts';
import { type ExporterResult, type Route, runExporter } from '../convert/run-exporter.ts';
import { settleRequirements, settleSource } from '../convert/settle-source.ts';
import { HERE } from '../here.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Framework } from '../nouns/model-source.ts';
import { exportFailure, type FailedExport } from './export-failure.ts';
import { exporterMemory } from './exporter-memory.ts';
import { type ConvertibleProject, type ConvertWork, timeoutMs, trainArtefact } from './train-artefact.ts';

/** Opsets that the default runtime's kernels know in full, and every exporter writes. */
const OPSET = 21;
const ML_OPSET = 3;

/** Exporting a large network takes minutes. */
const EXPORT_SECONDS = 3600;

/** What an export says of itself. */
export interface Export {
  readonly outcome: 'done';
  readonly route: Route;
  readonly result: ExporterResult & { readonly warnings: readonly string[] };
}

/** Everything that exports need, settled once: the environment, and the framework's file. */
export interface Exporter {
  /** Files of the user that an export is made of, relative to the project. */
  readonly inputs: readonly string[];
  /** Makes `model.onnx`, `cases/` and `held/` in a folder, by the way of that number, counted from 0. */
  readonly attempt: (number: number, target: string) => Promise<Export | FailedExport>;
}

/** Gets ready to export a project's model with the framework's exporter, or with the user's own command. Throws `convert/…`. */
export async function openExporter(project: ConvertibleProject, work: ConvertWork): Promise<Exporter> {
  const { from } = project.source;
  return typeof from === 'string' ? openOurs(project, from, work) : openCommand(project, from.command, work);
}

async function openOurs(project: ConvertibleProject, from: Framework, work: ConvertWork): Promise<Exporter> {
  const { source, folder, name } = project;
  const { bench } = work;
  const settled = settleSource(source, folder);
  const known = settled.kind === 'artefact' ? settled.artefact : undefined;
  if (known !== undefined) await assertArtefact(from, known);
  const environment = await pythonEnvironment(project, { from, artefact: known }, work);
  const artefact =
    settled.kind === 'script'
      ? await trainArtefact(project, { from, script: settled.script, environment, work })
      : known;
  if (artefact !== known && artefact !== undefined) await assertArtefact(from, artefact);
  bench.progress.note(`convert ${basename(artefact ?? source.source)}`);
  return {
    inputs: namedFiles(source),
    attempt: async (number, output) => {
      const { outcome, route, log } = await runExporter(
        {
          from,
          artefact: artefact ?? '',
          ...(settled.kind === 'function' && { module: settled.module, function: settled.function }),
          folder,
          output,
          name,
          opset: OPSET,
          mlOpset: ML_OPSET,
          samples: source.samples === undefined ? null : resolve(folder, source.samples),
          allowCode: source.allowCode,
          attempt: number,
        },
        {
          python: environment.python,
          program: fileURLToPath(new URL(`convert/exporters/${FRAMEWORK_FACTS[from].exporter}`, HERE)),
          env: bench.machine.env,
          timeoutMs: timeoutMs(source, EXPORT_SECONDS),
          memory: exporterMemory(),
          onProgress: (message) => bench.progress.note(message),
          signal: bench.signal,
        },
      );
      work.onLog?.(log);
      return outcome.outcome === 'done' && route !== undefined
        ? { outcome: 'done', route, result: { ...outcome.result, warnings: outcome.warnings } }
        : exportFailure(outcome, { project, route, log });
    },
  };
}

async function pythonEnvironment(
  { source, folder }: ConvertibleProject,
  wanted: { readonly from: Framework; readonly artefact: string | undefined },
  { bench }: ConvertWork,
): Promise<PythonEnvironment> {
  const own = source.requirements === undefined ? undefined : resolve(folder, source.requirements);
  const requirements = await settleRequirements(wanted, own);
  const { env } = bench.machine;
  const python = await findPython(source.python ?? env.PLIMSOLL_PYTHON, env);
  const tools = { python, cache: bench.cache, env, progress: bench.progress, signal: bench.signal };
  return makeEnvironment(requirements, await findUv(tools), tools);
}

function openCommand({ source, folder }: ConvertibleProject, command: readonly string[], work: ConvertWork): Exporter {
  const [program = '', ...args] = command;
  const { bench, onLog } = work;
  return {
    inputs: [source.source, ...namedFiles(source)],
    attempt: async (_, output) => {
      bench.progress.note(`run ${program}`);
      const ran = await runProgram(program, args, {
        env: { ...bench.machine.env, PLIMSOLL_SOURCE: resolve(folder, source.source), PLIMSOLL_OUTPUT: output },
        folder,
        timeoutMs: timeoutMs(source, EXPORT_SECONDS),
        memory: exporterMemory(),
        signal: bench.signal,
      });
      onLog?.(ran.output);
      if (ran.exitCode !== 0) throw commandFailure(command, ran);
      return {
        outcome: 'done',
        route: { name: command.join(' '), isLast: true },
        result: {
          framework: { name: program, version: 'unknown' },
          opsets: {},
          samples: 'given',
          float32Cost: null,
          warnings: [],
        },
      };
    },
  };
}

function commandFailure(command: readonly string[], ran: Awaited<ReturnType<typeof runProgram>>): Failure {
  const how = ran.limit ?? (ran.exitCode === null ? 'a signal' : `exit code ${ran.exitCode}`);
  return new Failure(`${command.join(' ')} ended: ${how}: ${ran.output.trim().slice(-2000)}`, {
    code: 'convert/command',
    exit: EXIT.system,
    mend: 'It has to write model.onnx, and cases/ with the original’s answers, to the folder that PLIMSOLL_OUTPUT names.',
  });
}
