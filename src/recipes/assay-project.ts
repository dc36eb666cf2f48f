import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import type { CaseTensor } from '../../schemas/case.ts';
import { canonicalJson, type Json } from '../nouns/canonical-json.ts';
import { digestOf } from '../nouns/digest.ts';
import type { Finding } from '../nouns/finding.ts';
import type { Lock, LockedFile } from '../nouns/lock.ts';
import type { Project } from '../project/read-project.ts';
import { tensorsOf } from '../validate/cases/tensor-of-case.ts';
import { type Assay, assayModel } from '../validate/runtime/assay.ts';
import { childLimits } from '../validate/runtime/child-limits.ts';
import type { CheckedProject } from './check-project.ts';
import { measure, wholeDigest } from './measure-model.ts';
import type { HostRuntime } from './settle-runtime.ts';
import type { Workbench } from './workbench.ts';

/** What the runtime said of a project's model, and the files that ship. */
export interface AssayedProject {
  readonly verdict: Assay['verdict'];
  readonly findings: readonly Finding[];
  readonly form: 'prepared' | 'original';
  readonly level: string;
  /** The ONNX file first; paths are names in the image's model folder. */
  readonly files: readonly LockedFile[];
  /** Where each of the files lies, in the same order. */
  readonly places: readonly string[];
  /** Whether an earlier run had done the work. */
  readonly reused: boolean;
}

export interface AssayFacts {
  readonly project: Project;
  readonly checked: CheckedProject;
  readonly files: Lock['model'];
  readonly runtime: HostRuntime;
  /** Inputs that the model is known to take. */
  readonly example: readonly CaseTensor[] | undefined;
}

const RECORD = 'assay.json';
/** Raised when what an assay does or writes changes, so that what older versions cached is not taken for this one's. */
const ASSAY_VERSION = 1;

/** Has the locked runtime prepare, try and compare a project's model; done once for each model, runtime and bounds. */
export async function assayProject(facts: AssayFacts, bench: Workbench): Promise<AssayedProject> {
  const { project, runtime } = facts;
  const digest = wholeDigest(facts.files);
  const { bounds } = project.config;
  const fed = facts.example === undefined ? null : digestOf(JSON.stringify(facts.example));
  const key = canonicalJson({ assay: ASSAY_VERSION, digest, runtime: runtime.digest, bounds, fed });
  let fresh: AssayedProject | undefined;
  try {
    const folder = await bench.cache.folder(key, async (target, known) => {
      fresh = await assay(facts, { folder: target, bench });
      if (fresh.verdict !== 'accepted') throw new NotAccepted(fresh);
      await writeFile(join(target, RECORD), canonicalJson(fresh as unknown as Json));
      for (const file of fresh.files) known.set(file.path, file.digest);
    });
    const record = fresh ?? (JSON.parse(await readFile(join(folder, RECORD), 'utf8')) as AssayedProject);
    const places = record.files.map((file, index) =>
      record.form === 'prepared' ? join(folder, file.path) : (record.places[index] ?? file.path),
    );
    return { ...record, places, reused: fresh === undefined };
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
  const { verdict, findings, prepared } = await assayModel(checked.model, {
    runtimeFolder: runtime.folder,
    outputFolder: folder,
    temporaryFolder: tmpdir(),
    limits: childLimits(checked.bytes, totalmem()),
    bounds: project.config.bounds,
    ...(example && { example: tensorsOf(example) }),
    ...(bench.signal && { signal: bench.signal }),
  });
  const files = await Promise.all(
    (prepared?.files ?? []).map(async ({ name, path }) => ({ ...(await measure(path, folder)), path: name })),
  );
  return {
    verdict,
    findings,
    form: prepared?.form ?? 'original',
    level: prepared?.level ?? 'none',
    files,
    places: (prepared?.files ?? []).map((file) => file.path),
    reused: false,
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
