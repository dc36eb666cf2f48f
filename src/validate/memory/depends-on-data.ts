import type { Model } from '../../onnx/model.ts';
import { inferShapes } from '../shapes/infer-shapes.ts';
import type { ShapedGraph } from '../shapes/shaped-model.ts';
import { reasonOf } from '../shapes/size/size.ts';
import { symbolicShapes } from './bounded-shapes.ts';
import { Recent } from './recent.ts';
import { isDecidedByData } from './scratch/scratch-rule.ts';

/** Whether some value, or what a kernel takes beside its own, is planned at the most that it can be, and made-up inputs need not bring it there. */
export function dependsOnData(model: Model, bounds: ReadonlyMap<string, number>): boolean {
  return hasOpenSize(inferShapes(model, { bounds }));
}

/** Whether some shape is up to data, whatever the bounds are: then the model may refuse made-up inputs. */
export function shapesDependOnData(model: Model): boolean {
  return OPEN.of(model, '', () => hasOpenSize(symbolicShapes(model)));
}

/** Searches make many plans of one model. */
const OPEN = new Recent<Model, boolean>(1);

function hasOpenSize({ graph, values, inner }: ShapedGraph): boolean {
  if (graph.nodes.some(isDecidedByData)) return true;
  for (const [, fact] of values) {
    if (fact.kind !== 'tensor' || (fact.shape?.some((size) => reasonOf(size) !== null) ?? true)) return true;
  }
  return [...inner.values()].flat().some(hasOpenSize);
}
