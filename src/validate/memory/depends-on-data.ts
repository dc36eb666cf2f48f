import type { Model } from '../../onnx/model.ts';
import { inferShapes } from '../shapes/infer-shapes.ts';
import type { ShapedGraph } from '../shapes/shaped-model.ts';
import { reasonOf } from '../shapes/size/size.ts';
import { isDecidedByData } from './scratch/scratch-rule.ts';

/** Whether some value, or what a kernel takes beside its own, is planned at the most that it can be, and made-up inputs need not bring it there. */
export function dependsOnData(model: Model, bounds: ReadonlyMap<string, number>): boolean {
  return hasOpenSize(inferShapes(model, { bounds }));
}

function hasOpenSize({ graph, values, inner }: ShapedGraph): boolean {
  if (graph.nodes.some(isDecidedByData)) return true;
  for (const [, fact] of values) {
    if (fact.kind !== 'tensor' || fact.shape?.some((size) => reasonOf(size) !== null)) return true;
  }
  return [...inner.values()].flat().some(hasOpenSize);
}
