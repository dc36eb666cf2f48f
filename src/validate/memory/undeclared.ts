import type { Model } from '../../onnx/model.ts';
import type { Undeclared } from './memory-plan.ts';
import type { Unknowns } from './unknowns.ts';

/** What has to be declared or known before the plan can be made. */
export function undeclaredOf(model: Model, bounds: ReadonlyMap<string, number>, unknowns: Unknowns): Undeclared {
  return { operators: unknowns.operators, dimensions: openDimensions(model, bounds), values: unknowns.values };
}

/** Dimensions of inputs that are neither given by the model nor bounded, by the names that bounds go by. */
export function openDimensions({ graph }: Model, bounds: ReadonlyMap<string, number>): readonly string[] {
  const stored = new Set(graph.initializers.map(({ name }) => name));
  const open = new Set<string>();
  for (const { name, type } of graph.inputs) {
    if (type?.kind !== 'tensor' || stored.has(name)) continue;
    type.shape?.forEach((size, axis) => {
      const key = typeof size === 'string' ? size : size === null ? `${name}[${axis}]` : null;
      if (key !== null && !bounds.has(key)) open.add(key);
    });
  }
  return [...open].sort();
}
