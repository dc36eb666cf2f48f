import type { Index } from '../container/image/compose.ts';
import { EXIT, type ExitCode } from '../nouns/failure.ts';
import { type Finding, sortFindings } from '../nouns/finding.ts';
import type { Platform } from '../nouns/platform.ts';
import { readLock } from '../project/lock-file.ts';
import { type Project, readProject } from '../project/read-project.ts';
import { assayProject } from '../recipes/assay-project.ts';
import { assembleIndex } from '../recipes/assemble-index.ts';
import { checkProject, imageBudget } from '../recipes/check-project.ts';
import { deliver, loadIntoEngine } from '../recipes/deliver.ts';
import { demandOf } from '../recipes/demand.ts';
import { makePlan } from '../recipes/make-plan.ts';
import { readServerBundle } from '../recipes/server-bundle.ts';
import { settleLock } from '../recipes/settle-lock.ts';
import { settleRuntime } from '../recipes/settle-runtime.ts';
import { defaultSink, type Sink } from '../recipes/sinks.ts';
import { openWorkbench, type Workbench } from '../recipes/workbench.ts';
import type { CommandSpec } from './command.ts';
import { readPackageFlags } from './package-flags.ts';
import { tellPackaged } from './tell-packaged.ts';

export interface PackageOptions {
  /** Where the image goes; an OCI layout beside the configuration where nothing is said. */
  readonly sinks?: readonly Sink[];
  /** Load it into the container engine too. */
  readonly load?: boolean;
  /** Refuse to move the lock. Where nothing is said: as `CI` says, once there is a lock. */
  readonly frozen?: boolean;
  /** The configuration's where nothing is said. */
  readonly platforms?: readonly Platform[];
}

export type Packaged =
  | { readonly verdict: 'pass'; readonly project: Project; readonly findings: readonly Finding[]; readonly index: Index }
  | { readonly verdict: 'fail' | 'inconclusive'; readonly project: Project; readonly findings: readonly Finding[] };

/** Everything from a model on disk to an image that answers: the path of the data. Throws a Failure where it cannot go on. */
export async function packageModel(path: string, options: PackageOptions, bench: Workbench): Promise<Packaged> {
  const project = await readProject(path, bench.machine.workingFolder);
  const lock = await readLock(project.lockPath);

  const checked = await checkProject(project);
  if (hasErrors(checked.findings)) return { verdict: 'fail', project, findings: checked.findings };

  const runtime = await settleRuntime(project, { lock, bench });
  const assayed = await assayProject({ project, checked, runtime }, bench);
  const findings = sortFindings([...checked.findings, ...assayed.findings]);
  if (assayed.verdict !== 'accepted') return { verdict: VERDICTS[assayed.verdict], project, findings };

  const server = await readServerBundle();
  const plan = makePlan({ project, checked, assayed });
  const demand = demandOf({ project, checked, assayed, server });
  const frozen = options.frozen ?? (bench.machine.env.CI !== undefined && lock !== undefined);
  const settled = await settleLock({ project, demand, runtime, lock, frozen }, bench);

  const platforms = options.platforms ?? project.config.platforms;
  const index = await assembleIndex({ project, lock: settled, plan, server, assayed, platforms }, bench);
  const overBudget = imageBudget(project, index);
  if (hasErrors(overBudget)) return { verdict: 'fail', project, findings: sortFindings([...overBudget, ...findings]) };

  const reference = `${project.name}:latest`;
  await deliver(index, { sinks: options.sinks ?? [defaultSink(project)], reference }, bench);
  if (options.load) await loadIntoEngine(index, { reference }, bench);
  return { verdict: 'pass', project, findings, index };
}

const VERDICTS = { refused: 'fail', inconclusive: 'inconclusive' } as const;
const EXITS: Readonly<Record<Packaged['verdict'], ExitCode>> = {
  pass: EXIT.passed,
  fail: EXIT.findings,
  inconclusive: EXIT.inconclusive,
};

function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'error');
}

export const packageCommand: CommandSpec = {
  name: 'package',
  summary: 'check a model, lock every byte, and assemble a reproducible image',
  argument: { name: 'path', description: 'a folder with plimsoll.yaml, such a file, or an .onnx file', default: '.' },
  options: [
    { flags: '--output <sink>', description: 'oci:DIR, oci-archive:FILE or docker-archive:FILE', repeatable: true },
    { flags: '--load', description: 'load the image into the container engine' },
    { flags: '--platform <platform>', description: 'linux/amd64 or linux/arm64, instead of all', repeatable: true },
    { flags: '--frozen', description: 'refuse to move the lock (exit 3); the default when CI is set and a lock is there' },
    { flags: '--no-frozen', description: 'move what has to move, also when CI is set' },
  ],
  examples: [
    'plimsoll package examples/sklearn',
    'plimsoll package model.onnx --load',
    'plimsoll package . --frozen --output oci-archive:image.tar --platform linux/amd64',
  ],
  async run(path, flags, door) {
    const options = readPackageFlags(flags, door.machine);
    const bench = await openWorkbench(door);
    try {
      const packaged = await packageModel(path, options, bench);
      tellPackaged(packaged, { path, options, door });
      return EXITS[packaged.verdict];
    } finally {
      await bench.close();
    }
  },
};
