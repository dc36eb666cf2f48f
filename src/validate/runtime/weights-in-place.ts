import { realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { mapTensors } from '../../onnx/all-tensors.ts';
import type { Model } from '../../onnx/model.ts';

/** Smaller tensors stay in the model's file, where the runtime's shape inference and constant folding look for them. */
export const SMALLEST_EXTERNAL_BYTES = 1024;

export interface WeightsInPlace {
  readonly model: Model;
  /** The folder to which the external data of `model` is relative. */
  readonly folder: string;
}

/**
 * The model as a graph whose larger initializers refer to the very file they stand in, as external data: the runtime then maps
 * them from there, and neither it nor we copy them. `null` where that cannot be said in one folder: a model reached through a
 * symbolic link, with data files beside the link.
 */
export function weightsInPlace(model: Model): WeightsInPlace | null {
  const path = realpathSync(model.path);
  let hasExternal = false;
  const edited = mapTensors(model, ({ tensor, role }) => {
    const { data } = tensor;
    if (data.kind === 'external') hasExternal = true;
    if (role !== 'initializer' || data.kind !== 'raw' || data.length < SMALLEST_EXTERNAL_BYTES) return tensor;
    if (tensor.elementType === 'string' || (tensor.alsoStoredIn ?? []).length > 0) return tensor;
    return {
      ...tensor,
      data: { kind: 'external', location: basename(path), offset: data.offset, length: data.length },
    };
  });
  const isLink = dirname(path) !== realpathSync(dirname(model.path)) || basename(path) !== basename(model.path);
  if (isLink && hasExternal) return null;
  return { model: edited, folder: isLink ? dirname(path) : dirname(model.path) };
}
