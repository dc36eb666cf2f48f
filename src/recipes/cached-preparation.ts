import { existsSync } from 'node:fs';
import type { CaseTensor } from '../../schemas/case.ts';
import { type Cache, openCache } from '../cache/cache.ts';
import { cheapDigest, rememberedDigest } from '../cache/file-digests.ts';
import { cacheFolder } from '../cache/location.ts';
import type { Config } from '../nouns/config.ts';
import type { Machine } from '../nouns/machine.ts';
import type { Model } from '../onnx/model.ts';
import { readModel } from '../onnx/read-model.ts';
import { readLock } from '../project/lock-file.ts';
import type { Project } from '../project/read-project.ts';
import { readPreparation } from '../validate/runtime/kept-preparation.ts';
import { inLeastOrder } from '../validate/runtime/order-prepared.ts';
import type { PreparedModel } from '../validate/runtime/prepare-model.ts';
import { assayKey, levelKey, preparationKey, recallAssay } from './assay-record.ts';
import type { CheckedProject } from './check-project.ts';
import { measureModel, wholeDigest } from './measure-model.ts';
import { type Prepared, preparedOf } from './prepared-project.ts';
import { knownRuntimeDigest } from './runtime-identity.ts';
import { formFacts, wantedForm } from './settle-profile.ts';

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

/** The form in which a model was just tried that no inputs suited; `undefined` where the runtime did not get so far as to prepare it. */
export async function untriedPreparation(
  identity: Identity,
  { config, model, cache }: { readonly config: Config; readonly model: Model; readonly cache: Cache },
): Promise<Prepared | undefined> {
  const folder = await cache.findFolder(preparationKey(identity, 'extended'), { check: 'sizes' });
  return folder === undefined ? undefined : orderedFor(config, await readPreparation(folder, model));
}

async function findPreparation({ project, checked, example }: PreparationQuestion, cache: Cache): Promise<Preparation> {
  const { onnxruntime } = project.config.runtime;
  const lock = await readLock(project.lockPath);
  const runtime = await knownRuntimeDigest(onnxruntime, { lock, cache });
  if (runtime === undefined) return absent(`onnxruntime ${onnxruntime} is not in the cache; ${HOW}`);
  // Whatever was prepared has been read through, and its digests are remembered: nothing large is read to find that out.
  for (const { path } of checked.files) if ((await cheapDigest(path, cache)) === undefined) return absent(NOT_YET);
  const files = await measureModel(checked, (path) => rememberedDigest(path, cache));
  const { bounds } = project.config;
  const shippedFor = formFacts(project.config, checked.model);
  const identity = { digest: wholeDigest(files), runtime };
  const assayed = await recallAssay(assayKey({ ...identity, bounds, shippedFor, example }), {
    model: checked.model,
    cache,
  });
  if (assayed !== undefined) return preparedOf(assayed);
  const known = await recallPreparation(identity, cache);
  return known === undefined
    ? absent(NOT_YET)
    : orderedFor(project.config, await readPreparation(known, checked.model));
}

type Identity = Parameters<typeof levelKey>[0];

/** Where it was prepared and proven before, at other bounds or on other inputs. */
async function recallPreparation(identity: Identity, cache: Cache): Promise<string | undefined> {
  const level = await cache.recall(levelKey(identity));
  if (level !== 'extended' && level !== 'basic') return undefined;
  return cache.findFolder(preparationKey(identity, level), { check: 'sizes' });
}

/** What would ship: the order of nodes depends on the bounds and on what loads them, and nothing else does. */
function orderedFor(config: Config, { form, reason, level, files }: PreparedModel): Prepared {
  const wanted = { bounds: config.bounds, level, ...wantedForm(config) };
  const { model } = inLeastOrder(readModel(files[0].path), wanted);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { state: 'prepared', model, form, reason, bytes };
}

const HOW = 'run plimsoll lint without --static once';
const NOT_YET = `the model has not been prepared on this machine yet; ${HOW}`;

function absent(why: string): Preparation {
  return { state: 'absent', why };
}
