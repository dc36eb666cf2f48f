import { tmpdir, totalmem } from 'node:os';
import type { CaseTensor } from '../../schemas/case.ts';
import type { Digest } from '../nouns/digest.ts';
import type { GatheredFile } from '../nouns/gathered-file.ts';
import type { Lock } from '../nouns/lock.ts';
import type { Project } from '../project/read-project.ts';
import { tensorsOf } from '../validate/cases/tensor-of-case.ts';
import { assayModel } from '../validate/runtime/assay.ts';
import { childLimits } from '../validate/runtime/child-limits.ts';
import type { ProcessAhead } from '../validate/runtime/child-process.ts';
import type { Difference } from '../validate/runtime/compare-outputs.ts';
import type { Equality } from '../validate/runtime/equality.ts';
import type { PreparedFile } from '../validate/runtime/prepare-model.ts';
import { preparedFor } from '../validate/runtime/prepared-for.ts';
import {
  type AssayedProject,
  assayKey,
  type EqualityFacts,
  levelKey,
  preparationKey,
  readAssay,
  writeAssay,
} from './assay-record.ts';
import type { CheckedProject } from './check-project.ts';
import { wholeDigest } from './measure-model.ts';
import { Measuring } from './measuring.ts';
import type { ModelLayerAhead } from './model-layer-ahead.ts';
import { formFacts, wantedForm } from './settle-profile.ts';
import type { HostRuntime } from './settle-runtime.ts';
import type { Workbench } from './workbench.ts';

export interface AssayFacts {
  readonly project: Project;
  readonly checked: CheckedProject;
  /** The model's files, which may still be being hashed. */
  readonly files: Promise<Lock['model']>;
  readonly runtime: HostRuntime;
  /** Inputs that the model is known to take. */
  readonly example: readonly CaseTensor[] | undefined;
  /** A process for the runtime that was started before, since the model seems to be a new one: then it is tried while it is hashed. */
  readonly ahead?: ProcessAhead | undefined;
  /** Where what ships is packed while it is tried. */
  readonly layer?: ModelLayerAhead | undefined;
  /** Told what will ship if it is accepted, when it begins to be tried; told again where something else takes its place. */
  readonly onTrial?: (shipped: Promise<MeasuredFiles>) => void;
}

/** Has the locked runtime prepare, try and compare a project's model; done once for each model, runtime, bounds and what its nodes are ordered for. */
export async function assayProject(facts: AssayFacts, bench: Workbench): Promise<AssayedProject> {
  const { project, runtime, example } = facts;
  const { bounds } = project.config;
  const digest = facts.files.then(wholeDigest);
  const known = facts.ahead === undefined ? await digest : undefined;
  const keyed: Keyed = (keyOf) => (known === undefined ? digest.then(keyOf) : keyOf(known));
  const shippedFor = formFacts(project.config, facts.checked.model);
  const key = keyed((model) => assayKey({ digest: model, runtime: runtime.digest, bounds, shippedFor, example }));
  let fresh: AssayedProject | undefined;
  try {
    const folder = await bench.cache.folder(key, async (target, digests, signal) => {
      fresh = await assay(facts, { folder: target, digest, keyed, signal, bench });
      if (fresh.verdict !== 'accepted') throw new NotAccepted(fresh);
      await writeAssay(target, fresh, facts.checked.model);
      for (const file of fresh.files) digests.set(file.path, file.digest);
    });
    // What was begun for a model that turned out to be known.
    if (fresh === undefined) await facts.layer?.abandon();
    return { ...(await readAssay(folder, facts.checked.model)), reused: fresh === undefined };
  } catch (error) {
    if (error instanceof NotAccepted) return error.assayed;
    throw error;
  }
}

/** A key that is made of the model's digest: a promise of one where that is being worked out while the model is tried. */
type Keyed = (keyOf: (digest: Digest) => string) => string | Promise<string>;

interface Assaying {
  readonly folder: string;
  readonly digest: Promise<Digest>;
  readonly keyed: Keyed;
  /** Raised when the assay is not needed any more. */
  readonly signal: AbortSignal;
  readonly bench: Workbench;
}

async function assay(
  facts: AssayFacts,
  { folder, digest, keyed, signal: unneeded, bench }: Assaying,
): Promise<AssayedProject> {
  const { project, checked, runtime, example, layer } = facts;
  const identityOf = (model: Digest) => ({ digest: model, runtime: runtime.digest });
  const signal = bench.signal ? AbortSignal.any([bench.signal, unneeded]) : unneeded;
  const measuring = new Measuring();
  const { verdict, findings, prepared, equality, batching } = await assayModel(checked.model, {
    runtimeFolder: runtime.folder,
    outputFolder: folder,
    temporaryFolder: tmpdir(),
    limits: childLimits(checked.bytes, totalmem()),
    bounds: project.config.bounds,
    ...wantedForm(project.config),
    keep: (level, make) =>
      bench.cache.folder(
        keyed((model) => preparationKey(identityOf(model), level)),
        make,
        { check: 'sizes' },
      ),
    ...(layer && {
      putWeights: (weights) => {
        measuring.begin([weights.file]);
        return layer.put(weights, signal);
      },
    }),
    // Hashed while the runtime's child process tries them.
    onLoaded: ({ files }) => {
      measuring.begin(files.map(placeOf));
      if (files.every(({ gathered }) => gathered === undefined)) layer?.begin(files);
      const shipped = measured(files, measuring);
      shipped.catch(() => {});
      facts.onTrial?.(shipped);
    },
    ...(example && { example: tensorsOf(example) }),
    ...(facts.ahead && { ahead: facts.ahead }),
    signal,
  });
  const { files, places } = await measured(prepared?.files ?? [], measuring);
  // What ships as it is was tried at the first level.
  const level = prepared === null || prepared.level === 'none' ? 'extended' : prepared.level;
  if (verdict === 'accepted') await bench.cache.remember(levelKey(identityOf(await digest)), level);
  return {
    verdict,
    findings,
    form: prepared?.form ?? 'original',
    reason: prepared?.reason ?? null,
    level: prepared?.level ?? 'none',
    reordered: prepared?.reordered ?? null,
    processor: prepared?.form === 'prepared' ? preparedFor(checked.model, process.arch) : 'any',
    equality: equality && equalityFacts(equality),
    batching,
    files,
    places,
    reused: false,
  };
}

type MeasuredFiles = Pick<AssayedProject, 'files' | 'places'>;

async function measured(prepared: readonly PreparedFile[], measuring: Measuring): Promise<MeasuredFiles> {
  const places = prepared.map(placeOf);
  const files = prepared.map(async (file, index) => {
    const digest = await measuring.of(places[index] ?? file.path);
    return { path: file.name, bytes: file.bytes, digest };
  });
  return { files: await Promise.all(files), places };
}

function placeOf({ path, gathered }: PreparedFile): string | GatheredFile {
  return gathered ?? path;
}

function equalityFacts({ state, differences }: Equality): EqualityFacts {
  const largest = (of: (difference: Difference) => number): number => Math.max(0, ...differences.map(of));
  return {
    state,
    largestAbsolute: largest(({ largestAbsolute }) => largestAbsolute),
    largestRelative: largest(({ largestRelative }) => largestRelative),
  };
}

/** Leaves the making of a cached folder when there is nothing worth keeping. */
class NotAccepted extends Error {
  readonly assayed: AssayedProject;
  constructor(assayed: AssayedProject) {
    super('the model was not accepted');
    this.assayed = assayed;
  }
}
