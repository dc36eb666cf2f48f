import type { Model } from '../../onnx/model.ts';
import { castAtEdge } from './mends/cast-at-edge.ts';
import { removeZipMap } from './mends/remove-zipmap.ts';

/**
 * The model as the runtime's binding can feed and read it: types that it does not carry are cast at the edge, and the maps of
 * a ZipMap are the tensor that they are made of. The model itself where it carries everything.
 */
export function observable(model: Model): Model {
  const options = { externalBytes: Number.POSITIVE_INFINITY };
  return castAtEdge.apply(removeZipMap.apply(model, options).model, options).model;
}
