import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeGathered } from '../../cache/write-gathered.ts';
import type { GatheredFile } from '../../nouns/gathered-file.ts';
import { mapTensors } from '../../onnx/all-tensors.ts';
import type { Model } from '../../onnx/model.ts';
import { readModel } from '../../onnx/read-model.ts';
import { writeModel } from '../../onnx/write-model.ts';

/** The data file of a prepared model, which is written once: where it is to stay. */
export interface GatheredWeights {
  /** As the model names it. */
  readonly name: string;
  readonly file: GatheredFile;
}

/** Where its bytes stand for the time being, aligned as in a file of their own. */
export interface WeightsPlace {
  readonly path: string;
  /** Where they begin in that file. */
  readonly offset: number;
  /** A fresh path in the same folder. */
  readonly fresh: () => string;
}

/** Writes the weights somewhere; called again where others take their place. */
export type PutWeights = (weights: GatheredWeights) => Promise<WeightsPlace>;

/** Puts weights into a folder, under their own name. */
export function putInFolder(folder: string): PutWeights {
  return async ({ name, file }) => {
    const path = join(folder, name);
    await writeGathered(file, path);
    return { path, offset: 0, fresh: () => join(folder, `.loading-${randomBytes(6).toString('hex')}`) };
  };
}

/** Lends the path of a model whose weights stand somewhere: its own where they lie beside it, else one of the same model that names that place. */
export async function withModelAt<T>(
  path: string,
  { weights, place }: { readonly weights: string; readonly place: WeightsPlace },
  use: (path: string) => Promise<T>,
): Promise<T> {
  if (place.offset === 0 && place.path === join(dirname(path), weights)) return use(path);
  const fresh = place.fresh();
  try {
    await writeModel({ ...pointedAt(readModel(path), { weights, place }), path: fresh }, fresh, {
      externalData: 'keep',
    });
    return await use(fresh);
  } finally {
    await rm(fresh, { force: true });
  }
}

function pointedAt(
  model: Model,
  { weights, place }: { readonly weights: string; readonly place: WeightsPlace },
): Model {
  const location = place.path.slice(dirname(place.path).length + 1);
  return mapTensors(model, ({ tensor }) => {
    const { data } = tensor;
    if (data.kind !== 'external' || data.location !== weights) return tensor;
    return { ...tensor, data: { ...data, location, offset: data.offset + place.offset } };
  });
}
