import type { Model } from '../../onnx/model.ts';
import { inferShapes } from '../shapes/infer-shapes.ts';
import type { ShapedGraph } from '../shapes/shaped-model.ts';
import { reasonOf } from '../shapes/size/size.ts';

/** Whether some value is planned at the most that it can be, and made-up inputs need not bring it there. */
export function dependsOnData(model: Model, bounds: ReadonlyMap<string, number>): boolean {
  return hasOpenSize(inferShapes(model, { bounds }));
}

function hasOpenSize({ values, inner }: ShapedGraph): boolean {
  for (const [, fact] of values) {
    if (fact.kind !== 'tensor' || fact.shape?.some((size) => reasonOf(size) !== null)) return true;
  }
  return [...inner.values()].flat().some(hasOpenSize);
}
