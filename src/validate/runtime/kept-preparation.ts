import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, type Json } from '../../nouns/canonical-json.ts';
import type { Model } from '../../onnx/model.ts';
import { type KeptWeights, keepWeights, recallWeights } from './gather-weights.ts';
import { originalModel } from './original-model.ts';
import type { PreparationLevel, PreparedFile, PreparedModel } from './prepare-model.ts';

/** Gives the folder in which a model was prepared at a level: an earlier one, or a new one that `make` fills. */
export type KeepPreparation = (level: PreparationLevel, make: (folder: string) => Promise<void>) => Promise<string>;

const RECORD = 'preparation.json';

interface Kept extends Pick<PreparedModel, 'form' | 'reason' | 'level'> {
  readonly files: readonly KeptFile[];
}

interface KeptFile extends Pick<PreparedFile, 'name' | 'bytes'> {
  readonly weights?: KeptWeights;
}

/** Writes down what was prepared of a model, beside it. */
export async function writePreparation(
  folder: string,
  { form, reason, level, files }: PreparedModel,
  model: Model,
): Promise<void> {
  const kept: Kept = {
    form,
    reason,
    level,
    files: form === 'original' ? [] : files.map((file) => keptFile(file, model)),
  };
  await writeFile(join(folder, RECORD), canonicalJson(kept as unknown as Json));
}

/** What was prepared of a model in a folder: its nodes in the order that the runtime gave. */
export async function readPreparation(folder: string, model: Model): Promise<PreparedModel> {
  const { form, reason, level, files } = JSON.parse(await readFile(join(folder, RECORD), 'utf8')) as Kept;
  const [own, ...data] = files.map(({ name, bytes, weights }) => ({
    name,
    bytes,
    path: join(folder, name),
    ...(weights && { gathered: recallWeights(weights, { model, folder }) }),
  }));
  if (form === 'original' || own === undefined) return originalModel(model, reason ?? '');
  return { form, reason, level, reordered: null, files: [own, ...data] };
}

function keptFile({ name, bytes, gathered }: PreparedFile, model: Model): KeptFile {
  return { name, bytes, ...(gathered && { weights: keepWeights(gathered, model) }) };
}

/** Keeps nothing: prepares in a folder beside the result, which `discard` removes. */
export function keepNothing(folder: string): { readonly keep: KeepPreparation; readonly discard: () => Promise<void> } {
  const made: string[] = [];
  return {
    keep: async (_level, make) => {
      const place = await mkdtemp(join(folder, '.prepared-'));
      made.push(place);
      await make(place);
      return place;
    },
    discard: async () => {
      for (const place of made) await rm(place, { recursive: true, force: true });
    },
  };
}
