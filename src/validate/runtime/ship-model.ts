import { mkdir, rm } from 'node:fs/promises';
import type { Progress } from '../../nouns/progress.ts';
import type { Model } from '../../onnx/model.ts';
import { type KeepPreparation, keepNothing, readPreparation, writePreparation } from './kept-preparation.ts';
import { orderPrepared } from './order-prepared.ts';
import { originalModel } from './original-model.ts';
import { type PreparationLevel, type PreparedModel, prepareModel } from './prepare-model.ts';
import type { ModelSource, Signature } from './requests.ts';
import type { Outcome, RuntimeChild } from './runtime-child.ts';
import { type ModelForm, sessionOptions } from './session-options.ts';
import type { SymbolBounds } from './synthesise-feeds.ts';

export interface ShippedModel {
  readonly prepared: PreparedModel;
  readonly signature: Signature;
}

export interface ShipOptions {
  readonly model: Model;
  readonly source: ModelSource;
  readonly folder: string;
  readonly session: string;
  readonly bounds: SymbolBounds;
  readonly level?: PreparationLevel;
  readonly keep?: KeepPreparation;
  readonly progress?: Progress;
}

/**
 * Prepares a model where that can be done, and loads what ships as the server will load it. A model that the runtime loads but
 * cannot write optimised, or cannot read back, ships as it is. A refusal is the runtime's word on the original.
 */
export async function shipModel(child: RuntimeChild, options: ShipOptions): Promise<Outcome<ShippedModel>> {
  const { model, folder, bounds, level = 'extended' } = options;
  await mkdir(folder, { recursive: true });
  const { keep, discard } = options.keep ? { keep: options.keep, discard: async () => {} } : keepNothing(folder);
  try {
    const place = await keep(level, (target) => prepareInto(child, target, { ...options, level }));
    const kept = await readPreparation(place, model);
    const prepared = kept.form === 'prepared' ? await orderPrepared(kept, { bounds, folder }) : kept;
    const loaded = await load(child, prepared, options);
    return loaded.outcome === 'ok' ? { outcome: 'ok', value: { prepared, signature: loaded.value } } : loaded;
  } catch (error) {
    if (error instanceof NotPrepared) return error.outcome;
    throw error;
  } finally {
    await discard();
  }
}

/** @throws NotPrepared where the model does not load in any form. */
async function prepareInto(child: RuntimeChild, target: string, options: ShipOptions): Promise<void> {
  const { trainingInfoCount } = options.model;
  if (trainingInfoCount > 0) return keepOriginal(child, target, { ...options, reason: TRAINED });
  let refusal = '';
  for (const signed of ['made-unsigned', 'kept'] as const) {
    const prepared = await prepareModel(child, { ...options, folder: target, signed });
    const loaded = prepared.outcome === 'ok' ? await load(child, prepared.value, options) : prepared;
    if (prepared.outcome === 'ok' && loaded.outcome === 'ok') return writePreparation(target, prepared.value);
    if (loaded.outcome !== 'refused') throw new NotPrepared(loaded as Failed);
    refusal ||= loaded.message;
    if (prepared.outcome !== 'ok') break;
    // What the runtime wrote it does not read: its step from signed to unsigned gives one name twice in subgraphs.
    for (const { path } of prepared.value.files) await rm(path, { force: true });
  }
  const reason = `the runtime loads it but cannot write it optimised: ${refusal}`;
  await keepOriginal(child, target, { ...options, reason });
}

const TRAINED = 'it carries what training needs, and the runtime drops that from what it writes';

async function keepOriginal(
  child: RuntimeChild,
  target: string,
  { reason, ...options }: ShipOptions & { readonly reason: string },
): Promise<void> {
  const original = originalModel(options.model, reason);
  const asItIs = await load(child, original, options);
  if (asItIs.outcome !== 'ok') throw new NotPrepared(asItIs);
  await writePreparation(target, original);
}

function load(
  child: RuntimeChild,
  { form, files }: PreparedModel,
  { session }: ShipOptions,
): Promise<Outcome<Signature>> {
  const shipped: ModelForm = form;
  const path = files[0].path;
  return child.ask('create', { session, model: { kind: 'file', path }, options: sessionOptions('lean', shipped) });
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
