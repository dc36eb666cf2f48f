import { basename, dirname, resolve } from 'node:path';
import { findArtefact, stampFolder } from '../convert/find-artefact.ts';
import { confinement } from '../convert/python/confinement.ts';
import type { PythonEnvironment } from '../convert/python/make-environment.ts';
import { runProgram } from '../convert/python/run-program.ts';
import { EXIT, Failure } from '../nouns/failure.ts';
import type { Framework, ModelSource } from '../nouns/model-source.ts';
import type { Project } from '../project/read-project.ts';
import { exporterMemory } from './exporter-memory.ts';
import type { Workbench } from './workbench.ts';

export type ConvertibleProject = Project & { readonly source: ModelSource };

export interface ConvertWork {
  readonly bench: Workbench;
  readonly onLog: ((log: string) => void) | undefined;
}

/** Training is the user's own. */
const TRAIN_SECONDS = 86_400;

/** How long a step may take, where the configuration does not say. */
export function timeoutMs({ timeoutSeconds }: ModelSource, usualSeconds: number): number {
  return (timeoutSeconds ?? usualSeconds) * 1000;
}

/** Runs a training script in its own folder, and gives the path of what it left. Throws `convert/script` and those of `findArtefact`. */
export async function trainArtefact(
  { folder, source }: ConvertibleProject,
  facts: {
    readonly from: Framework;
    readonly script: string;
    readonly environment: PythonEnvironment;
    readonly work: ConvertWork;
  },
): Promise<string> {
  const { from, script, environment, work } = facts;
  const { bench } = work;
  const named = source.artefact === undefined ? undefined : resolve(folder, source.artefact);
  const home = dirname(script);
  const before = await stampFolder(home);
  bench.progress.note(`run ${basename(script)}`);
  const [program = '', ...args] = [...confinement({ network: true }), environment.python, script];
  const ran = await runProgram(program, args, {
    env: { ...bench.machine.env, PYTHONDONTWRITEBYTECODE: '1' },
    folder: home,
    timeoutMs: timeoutMs(source, TRAIN_SECONDS),
    memory: exporterMemory(),
    signal: bench.signal,
  });
  work.onLog?.(ran.output);
  if (ran.exitCode === 0 && ran.limit === undefined) return named ?? findArtefact({ from, folder: home, before });
  const how = ran.limit ?? (ran.exitCode === null ? 'a signal ended it' : `exit code ${ran.exitCode}`);
  throw new Failure(`${source.source} did not come to its end: ${how}: ${ran.output.trim().slice(-2000)}`, {
    code: 'convert/script',
    exit: EXIT.system,
    mend: ran.limit
      ? 'Let it do less, or give it longer with the key "timeoutSeconds" beside "from", or a machine with more memory.'
      : 'Mend the script; it runs in an environment with the framework and what the key "requirements" names.',
  });
}
