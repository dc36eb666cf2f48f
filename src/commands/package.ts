import { supplyDocuments } from '../container/documents/documents.ts';
import type { SigningKey } from '../container/documents/signing-key.ts';
import type { Engine } from '../container/engine/engine.ts';
import type { Index } from '../container/image/compose.ts';
import type { Pushed } from '../container/registry/push-index.ts';
import { EXIT, type ExitCode, Failure } from '../nouns/failure.ts';
import { hasErrors, sortFindings } from '../nouns/finding.ts';
import type { Lock } from '../nouns/lock.ts';
import { isOnCi } from '../nouns/machine.ts';
import { ALL_PLATFORMS, type Platform } from '../nouns/platform.ts';
import type { Reference } from '../nouns/reference.ts';
import type { Project, Selection } from '../project/read-project.ts';
import { assembleIndex } from '../recipes/assemble-index.ts';
import { deliver, loadIntoEngine, pushToRegistry, requireEngine } from '../recipes/deliver.ts';
import { type FitProject, fitProject, type UnfitProject } from '../recipes/fit-project.ts';
import { imageBudget, imageSizes } from '../recipes/image-budget.ts';
import { lockProject } from '../recipes/lock-project.ts';
import { ModelLayerAhead } from '../recipes/model-layer-ahead.ts';
import type { ProbeWish } from '../recipes/probe-project.ts';
import { readSigningKey } from '../recipes/read-signing-key.ts';
import { readyLayers } from '../recipes/ready-layers.ts';
import { settleConversion } from '../recipes/settle-conversion.ts';
import { assertSinks, defaultSink, type Sink } from '../recipes/sinks.ts';
import { openWorkbench, type Workbench } from '../recipes/workbench.ts';
import type { CommandSpec } from './command.ts';
import { readPackageFlags } from './package-flags.ts';
import { PATH_ARGUMENT, SELECTION_OPTIONS, selectionOf } from './selection.ts';
import { tellPackaged } from './tell-packaged.ts';

export interface PackageOptions {
  /** Where the image goes; an OCI layout beside the configuration where nothing is said. */
  readonly sinks?: readonly Sink[];
  /** Load it into the container engine too. */
  readonly load?: boolean;
  /** Push it there; then no layout is written where no sinks are named. */
  readonly push?: Reference;
  /** Sign what is pushed with the key of this file, or of a variable as `env://NAME`. */
  readonly signKey?: string;
  /** Refuse to move the lock. Where nothing is said: when `CI` is set (and not to 0 or false) and there is a lock. */
  readonly frozen?: boolean;
  /** Whether the memory plan is held against a run of the packaged server; `never` where nothing is said. */
  readonly probe?: ProbeWish;
  /** The configuration's where nothing is said. */
  readonly platforms?: readonly Platform[];
}

export type Packaged =
  | UnfitProject
  | (FitProject & { readonly lock: Lock; readonly index: Index; readonly pushed?: Pushed });

/** Everything from a model on disk to an image that answers: the path of the data. Throws a Failure where it cannot go on. */
export async function packageModel(
  selection: string | Selection,
  options: PackageOptions,
  bench: Workbench,
): Promise<Packaged> {
  await assertSinks(options.sinks ?? []);
  const engine = options.load ? await requireEngine(bench) : undefined;
  const key = options.signKey === undefined ? undefined : await readSigningKey(options.signKey, bench.machine);

  await settleConversion(selection, { frozen: options.frozen, isOnCi: isOnCi(bench.machine.env) }, bench);
  const ahead = new ModelLayerAhead(bench);
  try {
    const fit = await fitProject(selection, bench, {
      probe: options.probe ?? 'never',
      ahead,
      onTrial: (lock) => readyLayers(lock, bench),
    });
    return fit.verdict === 'pass' ? await packageFit(fit, { options, engine, key, ahead }, bench) : fit;
  } finally {
    await ahead.abandon();
  }
}

interface Packaging {
  readonly options: PackageOptions;
  readonly engine: Engine | undefined;
  readonly key: SigningKey | undefined;
  readonly ahead: ModelLayerAhead;
}

/** What is left when the model is fit: to lock it, to assemble, and to deliver. */
async function packageFit(
  fit: FitProject,
  { options, engine, key, ahead }: Packaging,
  bench: Workbench,
): Promise<Packaged> {
  const { project, lock } = fit;
  const platforms = platformsOf(project, options);

  const sinks = options.sinks ?? (options.push ? [] : [defaultSink(project)]);
  const frozen = options.frozen ?? (isOnCi(bench.machine.env) && lock !== undefined);
  const near = [...sinks, defaultSink(project)].filter(({ kind }) => kind === 'oci').map(({ path }) => `oci:${path}`);
  const locked = await lockProject(fit, { frozen, platforms, near, ahead }, bench);

  const index = assembleIndex({ ...fit, ...locked, platforms });
  const findings = sortFindings([...imageBudget(project, imageSizes(index)), ...fit.findings]);
  if (hasErrors(findings)) return { ...fit, verdict: 'fail', findings };

  bench.signal?.throwIfAborted();
  const reference = `${project.name}:latest`;
  const documents = await supplyDocuments({ name: project.name, lock: locked.lock, time: locked.time, index });
  await deliver(index, { sinks, reference, documents }, bench);
  if (engine) await loadIntoEngine(index, { engine, reference }, bench);
  const pushed =
    options.push &&
    (await pushToRegistry(
      index,
      { reference: options.push, documents, base: locked.lock.base, ...(key && { key }) },
      bench,
    ));
  return { ...fit, findings, lock: locked.lock, index, ...(pushed && { pushed }) };
}

/** Those wanted of those that the project is for; a lock has nothing for others. */
function platformsOf({ config, name }: Project, { platforms = config.platforms }: PackageOptions): readonly Platform[] {
  const stranger = platforms.find((platform) => !config.platforms.includes(platform));
  if (stranger === undefined) return platforms;
  throw new Failure(`--platform ${stranger}: ${name} is for ${config.platforms.join(' and ')}`, {
    code: 'usage/platform',
    exit: EXIT.usage,
    mend: `Add ${stranger} to the key "platforms" of plimsoll.yaml.`,
  });
}

const EXITS: Readonly<Record<Packaged['verdict'], ExitCode>> = {
  pass: EXIT.passed,
  fail: EXIT.findings,
  inconclusive: EXIT.inconclusive,
};

export function exitOf({ verdict }: Pick<Packaged, 'verdict'>): ExitCode {
  return EXITS[verdict];
}

export const packageCommand: CommandSpec = {
  name: 'package',
  summary: 'check a model, lock every byte, and assemble a reproducible image',
  argument: PATH_ARGUMENT,
  options: [
    { flags: '--output <sink>', description: 'oci:DIR, oci-archive:FILE or docker-archive:FILE', repeatable: true },
    { flags: '--load', description: 'load the image into the container engine' },
    { flags: '--push <reference>', description: 'push the image to HOST/PATH:TAG, instead of writing a layout' },
    {
      flags: '--sign-key <file>',
      description: 'sign what is pushed, with a private key in PEM or env://NAME',
      names: 'file',
    },
    ...SELECTION_OPTIONS,
    { flags: '--no-probe', description: 'do not hold the memory plan against a run, also where that can be done' },
    {
      flags: '--platform <platform>',
      description: 'for this one, instead of all',
      choices: ALL_PLATFORMS,
      repeatable: true,
    },
    {
      flags: '--frozen',
      description: 'refuse to move the lock (exit 3); the default when CI is set and a lock is there',
    },
    { flags: '--no-frozen', description: 'move what has to move, also when CI is set' },
  ],
  examples: [
    'plimsoll package examples/sklearn',
    'plimsoll package model.onnx --load',
    'plimsoll package . --push registry.example/team/model:1.2',
    'plimsoll package . --frozen --output oci-archive:image.tar --platform linux/amd64',
  ],
  async run(path, flags, door) {
    const options = readPackageFlags(flags, door.machine);
    const bench = await openWorkbench(door);
    try {
      const packaged = await packageModel(selectionOf(path, flags), options, bench);
      tellPackaged(packaged, { path, options, door });
      return exitOf(packaged);
    } finally {
      await bench.close();
    }
  },
};
