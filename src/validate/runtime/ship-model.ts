import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Progress } from '../../nouns/progress.ts';
import type { Model } from '../../onnx/model.ts';
import { moveOwn, OWN_FILE } from './gather-weights.ts';
import { type KeepPreparation, keepNothing, readPreparation, writePreparation } from './kept-preparation.ts';
import { type OrderFor, orderPrepared } from './order-prepared.ts';
import { originalModel } from './original-model.ts';
import { DATA_FILE, MODEL_FILE, type PreparationLevel, type PreparedModel, prepareModel } from './prepare-model.ts';
import type { ModelSource, Signature } from './requests.ts';
import type { Outcome, RuntimeChild } from './runtime-child.ts';
import { sessionOptions } from './session-options.ts';
import { type PutWeights, putInFolder, type WeightsPlace, withModelAt } from './weights-place.ts';

export interface ShippedModel {
  readonly prepared: PreparedModel;
  readonly signature: Signature;
}

export interface ShipOptions extends OrderFor {
  readonly model: Model;
  readonly source: ModelSource;
  readonly folder: string;
  readonly session: string;
  readonly level?: PreparationLevel;
  readonly keep?: KeepPreparation;
  /** Writes the data file of what ships; into the folder if not given. */
  readonly putWeights?: PutWeights;
  readonly progress?: Progress;
}

/**
 * Prepares a model where that can be done, and loads what ships as the server will load it. A model that the runtime loads but
 * cannot write optimised, or cannot read back, ships as it is. A refusal is the runtime's word on the original.
 */
export async function shipModel(child: RuntimeChild, options: ShipOptions): Promise<Outcome<ShippedModel>> {
  const { model, folder, bounds, profile, mayHold, level = 'extended' } = options;
  await mkdir(folder, { recursive: true });
  await rm(join(folder, DATA_FILE), { force: true });
  const { keep, discard } = options.keep ? { keep: options.keep, discard: async () => {} } : keepNothing(folder);
  const weights = new Weights(options);
  try {
    let loaded: Outcome<Signature> | undefined;
    const place = await keep(level, async (target) => {
      loaded = await prepareInto(child, target, { ...options, level, weights });
    });
    const kept = await readPreparation(place, model);
    if (kept.form === 'original') return shippedAs(kept, loaded ?? (await load(child, kept, options)));
    const placed = await weights.placeOf(kept);
    const ordered = await orderPrepared(kept, { bounds, profile, folder, ...(mayHold && { mayHold }) });
    const prepared = await weights.settle(ordered.prepared);
    // What was not changed are the very bytes that the runtime has just loaded.
    const again = ordered.isChanged ? undefined : loaded;
    return shippedAs(prepared, again ?? (await load(child, prepared, { ...options, placed })));
  } catch (error) {
    if (error instanceof NotPrepared) return error.outcome;
    throw error;
  } finally {
    await discard();
  }
}

function shippedAs(prepared: PreparedModel, loaded: Outcome<Signature>): Outcome<ShippedModel> {
  return loaded.outcome === 'ok' ? { outcome: 'ok', value: { prepared, signature: loaded.value } } : loaded;
}

/** The data file of what ships, written once: where the options say, else into their folder. */
class Weights {
  readonly #model: Model;
  readonly #folder: string;
  readonly #put: PutWeights | undefined;
  #placed: WeightsPlace | undefined;

  constructor({ model, folder, putWeights }: Pick<ShipOptions, 'model' | 'folder' | 'putWeights'>) {
    this.#model = model;
    this.#folder = folder;
    this.#put = putWeights;
  }

  /** Where they are since they were asked for last, or are put now; nowhere for a model that has them all in itself. */
  async placeOf({ files: [, data] }: PreparedModel): Promise<WeightsPlace | undefined> {
    if (data?.gathered === undefined) return undefined;
    const put = this.#put ?? putInFolder(this.#folder);
    this.#placed ??= await put({ name: data.name, file: data.gathered });
    return this.#placed;
  }

  /** Others take their place. */
  async forget(): Promise<void> {
    this.#placed = undefined;
    await rm(join(this.#folder, DATA_FILE), { force: true });
  }

  /** What ships, with its data file where that was put, or what that is gathered from. */
  async settle(prepared: PreparedModel): Promise<PreparedModel> {
    const [graph, data] = prepared.files;
    if (data?.gathered === undefined) return prepared;
    const { gathered, ...file } = data;
    const path = join(this.#folder, file.name);
    if (this.#put === undefined) return { ...prepared, files: [graph, { ...file, path }] };
    return {
      ...prepared,
      files: [
        graph,
        { ...file, path, gathered: await moveOwn(gathered, { model: this.#model, folder: this.#folder }) },
      ],
    };
  }
}

interface PrepareInto extends ShipOptions {
  readonly weights: Weights;
}

/** Leaves what was prepared loaded. @throws NotPrepared where the model does not load in any form. */
async function prepareInto(child: RuntimeChild, target: string, options: PrepareInto): Promise<Outcome<Signature>> {
  const { model, weights } = options;
  if (model.trainingInfoCount > 0) return keepOriginal(child, target, { ...options, reason: TRAINED });
  let refusal = '';
  for (const signed of ['made-unsigned', 'kept'] as const) {
    const prepared = await prepareModel(child, { ...options, folder: target, signed });
    const loaded = prepared.outcome === 'ok' ? await loadPlaced(child, prepared.value, options) : prepared;
    if (prepared.outcome === 'ok' && loaded.outcome === 'ok') {
      await writePreparation(target, prepared.value, model);
      return loaded;
    }
    if (loaded.outcome !== 'refused') throw new NotPrepared(loaded as Failed);
    refusal ||= loaded.message;
    if (prepared.outcome !== 'ok') break;
    // What the runtime wrote it does not read: its step from signed to unsigned gives one name twice in subgraphs.
    await weights.forget();
    for (const name of [MODEL_FILE, OWN_FILE]) await rm(join(target, name), { force: true });
  }
  const reason = `the runtime loads it but cannot write it optimised: ${refusal}`;
  return keepOriginal(child, target, { ...options, reason });
}

async function loadPlaced(
  child: RuntimeChild,
  prepared: PreparedModel,
  options: PrepareInto,
): Promise<Outcome<Signature>> {
  return load(child, prepared, { ...options, placed: await options.weights.placeOf(prepared) });
}

const TRAINED = 'it carries what training needs, and the runtime drops that from what it writes';

async function keepOriginal(
  child: RuntimeChild,
  target: string,
  { reason, ...options }: ShipOptions & { readonly reason: string },
): Promise<Outcome<Signature>> {
  const original = originalModel(options.model, reason);
  const asItIs = await load(child, original, options);
  if (asItIs.outcome !== 'ok') throw new NotPrepared(asItIs);
  await writePreparation(target, original, options.model);
  return asItIs;
}

function load(
  child: RuntimeChild,
  { form, files }: PreparedModel,
  { session, placed: place }: Pick<ShipOptions, 'session'> & { readonly placed?: WeightsPlace | undefined },
): Promise<Outcome<Signature>> {
  const create = (path: string) =>
    child.ask('create', { session, model: { kind: 'file', path }, options: sessionOptions('lean', { form }) });
  return place === undefined
    ? create(files[0].path)
    : withModelAt(files[0].path, { weights: DATA_FILE, place }, create);
}

type Failed = Exclude<Outcome<never>, { readonly outcome: 'ok' }>;

/** Leaves the filling of a kept folder when there is nothing to keep. */
class NotPrepared extends Error {
  readonly outcome: Failed;
  constructor(outcome: Failed) {
    super('the model was not prepared');
    this.outcome = outcome;
  }
}
