import type { Dimension, Model, Shape } from '../../onnx/model.ts';
import { inferShapes } from '../shapes/infer-shapes.ts';
import { namedSize, type Size, textOf } from '../shapes/size/size.ts';

/** Shapes of the main graph's tensors by name, as a model declares shapes: sizes, symbols of its inputs, or unknown. */
export function inferredShapes(model: Model): ReadonlyMap<string, Shape> {
  const { values } = inferShapes(model);
  const symbols = new Map(
    model.graph.inputs
      .flatMap(({ type }) => (type?.kind === 'tensor' ? (type.shape ?? []) : []))
      .flatMap((dimension) =>
        typeof dimension === 'string' ? [[textOf(namedSize(dimension)), dimension] as const] : [],
      ),
  );
  const dimensionOf = (size: Size): Dimension =>
    typeof size === 'number' ? size : (symbols.get(textOf(size)) ?? null);
  return new Map(
    [...values].map(([name, fact]) => [name, fact.kind === 'tensor' ? (fact.shape?.map(dimensionOf) ?? null) : null]),
  );
}
