import { writeFile } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import type { CaseTensor } from '../../schemas/case.ts';
import { canonicalJson, type Json } from '../nouns/canonical-json.ts';
import type { Lock, LockedFile } from '../nouns/lock.ts';
import type { Project } from '../project/read-project.ts';
import { tensorsOf } from '../validate/cases/tensor-of-case.ts';
import { assayModel } from '../validate/runtime/assay.ts';
import { childLimits } from '../validate/runtime/child-limits.ts';
import type { ProcessAhead } from '../validate/runtime/child-process.ts';
import type { Difference } from '../validate/runtime/compare-outputs.ts';
import type { Equality } from '../validate/runtime/equality.ts';
import { preparedFor } from '../validate/runtime/prepared-for.ts';
import {
  type AssayedProject,
  assayKey,
  type EqualityFacts,
  levelKey,
  preparationKey,
  RECORD,
  readAssay,
} from './assay-record.ts';
import type { CheckedProject } from './check-project.ts';
import { measure, wholeDigest } from './measure-model.ts';
import type { LoadedFile } from './model-layer-ahead.ts';
import type { HostRuntime } from './settle-runtime.ts';
import type { Workbench } from './workbench.ts';

export interface AssayFacts {
  readonly project: Project;
  readonly checked: CheckedProject;
  readonly files: Lock['model'];
  readonly runtime: HostRuntime;
  /** Inputs that the model is known to take. */
  readonly example: readonly CaseTensor[] | undefined;
  /** A process for the runtime that was started before. */
  readonly ahead?: ProcessAhead | undefined;
  /** Told which files are tried now, and will ship if they are accepted; told again where others take their place. */
  readonly onLoaded?: (files: readonly LoadedFile[]) => void;
}

/** Has the locked runtime prepare, try and compare a project's model; done once for each model, runtime and bounds. */
export async function assayProject(facts: AssayFacts, bench: Workbench): Promise<AssayedProject> {
  const { project, runtime, example } = facts;
  const { bounds } = project.config;
  const key = assayKey({ digest: wholeDigest(facts.files), runtime: runtime.digest, bounds, example });
  let fresh: AssayedProject | undefined;
  try {
    const folder = await bench.cache.folder(key, async (target, known) => {
      fresh = await assay(facts, { folder: target, bench });
      if (fresh.verdict !== 'accepted') throw new NotAccepted(fresh);
      await writeFile(join(target, RECORD), canonicalJson(fresh as unknown as Json));
      for (const file of fresh.files) known.set(file.path, file.digest);
    });
    return { ...(await readAssay(folder)), reused: fresh === undefined };
  } catch (error) {
    if (error instanceof NotAccepted) return error.assayed;
    throw error;
  }
}

async function assay(
  facts: AssayFacts,
  { folder, bench }: { folder: string; bench: Workbench },
): Promise<AssayedProject> {
  const { project, checked, runtime, example } = facts;
  const identity = { digest: wholeDigest(facts.files), runtime: runtime.digest };
  const measuring = new Measuring(folder);
  const { verdict, findings, prepared, equality, batching } = await assayModel(checked.model, {
    runtimeFolder: runtime.folder,
    outputFolder: folder,
    temporaryFolder: tmpdir(),
    limits: childLimits(checked.bytes, totalmem()),
    bounds: project.config.bounds,
    keep: (level, make) => bench.cache.folder(preparationKey(identity, level), make, { check: 'sizes' }),
    // Hashed while the runtime's child process tries them.
    onLoaded: ({ files }) => {
      measuring.begin(files.map(({ path }) => path));
      facts.onLoaded?.(files);
    },
    ...(example && { example: tensorsOf(example) }),
    ...(facts.ahead && { ahead: facts.ahead }),
    ...(bench.signal && { signal: bench.signal }),
  });
  const files = await Promise.all(
    (prepared?.files ?? []).map(async ({ name, path }) => ({ ...(await measuring.of(path)), path: name })),
  );
  // What ships as it is was tried at the first level.
  const level = prepared === null || prepared.level === 'none' ? 'extended' : prepared.level;
  if (verdict === 'accepted') await bench.cache.remember(levelKey(identity), level);
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
    places: (prepared?.files ?? []).map((file) => file.path),
    reused: false,
  };
}

/** Sizes and digests of files that may be asked for later, or not at all. */
class Measuring {
  readonly #folder: string;
  readonly #begun = new Map<string, Promise<LockedFile>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Other files may have been under these paths before. */
  begin(paths: readonly string[]): void {
    this.#begun.clear();
    for (const path of paths) {
      const measured = measure(path, this.#folder);
      // What fails is told to whoever asks for it.
      measured.catch(() => {});
      this.#begun.set(path, measured);
    }
  }

  of(path: string): Promise<LockedFile> {
    return this.#begun.get(path) ?? measure(path, this.#folder);
  }
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
