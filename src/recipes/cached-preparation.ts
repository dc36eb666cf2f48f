import { existsSync } from 'node:fs';
import type { CaseTensor } from '../../schemas/case.ts';
import { type Cache, openCache } from '../cache/cache.ts';
import { rememberedDigest } from '../cache/file-digests.ts';
import { cacheFolder } from '../cache/location.ts';
import type { Machine } from '../nouns/machine.ts';
import { readLock } from '../project/lock-file.ts';
import type { Project } from '../project/read-project.ts';
import { assayKey, recallAssay } from './assay-record.ts';
import type { CheckedProject } from './check-project.ts';
import { measureModel, wholeDigest } from './measure-model.ts';
import { type Prepared, preparedOf } from './prepared-project.ts';
import { knownRuntimeDigest } from './runtime-identity.ts';

/** The form in which a project's model ships, or why it is not known. */
export type Preparation = Prepared | { readonly state: 'absent'; readonly why: string };

export interface PreparationQuestion {
  readonly project: Project;
  readonly checked: CheckedProject;
  readonly example: readonly CaseTensor[] | undefined;
}

/**
 * The form in which a project's model ships, where an earlier run has left it in the cache: runs and fetches nothing, and makes no
 * cache where there is none.
 */
export async function cachedPreparation(question: PreparationQuestion, machine: Machine): Promise<Preparation> {
  const folder = cacheFolder(machine);
  if (question.checked.files.length === 0) return absent('data files of the model are missing');
  if (!existsSync(folder)) return absent(NOT_YET);
  return findPreparation(question, await openCache({ folder }));
}

async function findPreparation({ project, checked, example }: PreparationQuestion, cache: Cache): Promise<Preparation> {
  const { onnxruntime } = project.config.runtime;
  const lock = await readLock(project.lockPath);
  const runtime = await knownRuntimeDigest(onnxruntime, { lock, cache });
  if (runtime === undefined) return absent(`onnxruntime ${onnxruntime} is not in the cache; ${HOW}`);
  const files = await measureModel(checked, (path) => rememberedDigest(path, cache));
  const { bounds } = project.config;
  const assayed = await recallAssay(assayKey({ digest: wholeDigest(files), runtime, bounds, example }), cache);
  return assayed === undefined ? absent(NOT_YET) : preparedOf(assayed);
}

const HOW = 'run plimsoll lint without --static once';
const NOT_YET = `the model has not been prepared on this machine yet; ${HOW}`;

function absent(why: string): Preparation {
  return { state: 'absent', why };
}
