import { rm } from 'node:fs/promises';
import type { Progress } from '../../nouns/progress.ts';
import type { Model } from '../../onnx/model.ts';
import { originalModel } from './original-model.ts';
import { type PreparedModel, prepareModel } from './prepare-model.ts';
import type { ModelSource, Signature } from './requests.ts';
import type { Outcome, RuntimeChild } from './runtime-child.ts';
import { type ModelForm, sessionOptions } from './session-options.ts';

export interface ShippedModel {
  readonly prepared: PreparedModel;
  readonly signature: Signature;
}

/**
 * Prepares a model where that can be done, and loads what ships as the server will load it. A model that the runtime loads but
 * cannot write optimised, or cannot read back, ships as it is. A refusal is the runtime's word on the original.
 */
export async function shipModel(
  child: RuntimeChild,
  options: {
    readonly model: Model;
    readonly source: ModelSource;
    readonly folder: string;
    readonly session: string;
    readonly progress?: Progress;
  },
): Promise<Outcome<ShippedModel>> {
  const { model, session } = options;
  const load = (path: string, form: ModelForm) =>
    child.ask('create', { session, model: { kind: 'file', path }, options: sessionOptions('lean', form) });
  const loadPrepared = async (prepared: PreparedModel): Promise<Outcome<ShippedModel>> => {
    const loaded = await load(prepared.files[0].path, 'prepared');
    if (loaded.outcome === 'ok') return { outcome: 'ok', value: { prepared, signature: loaded.value } };
    for (const { path } of prepared.files) await rm(path, { force: true });
    return loaded;
  };
  const prepared = await prepareModel(child, options);
  const loaded = prepared.outcome === 'ok' ? await loadPrepared(prepared.value) : prepared;
  if (loaded.outcome !== 'refused') return loaded;
  const asItIs = await load(model.path, 'original');
  if (asItIs.outcome !== 'ok') return asItIs;
  const reason = `the runtime loads it but cannot write it optimised: ${loaded.message}`;
  return { outcome: 'ok', value: { prepared: originalModel(model, reason), signature: asItIs.value } };
}
