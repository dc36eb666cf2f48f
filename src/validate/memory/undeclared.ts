import { boundKey, lettersKey } from '../../nouns/axis-bound.ts';
import type { Model } from '../../onnx/model.ts';
import type { Fact } from '../shapes/fact.ts';
import { inferShapes } from '../shapes/infer-shapes.ts';
import { upperBound } from '../shapes/size/range.ts';
import { fedInputs } from './fed-inputs.ts';
import type { Undeclared } from './memory-plan.ts';
import type { OpenValue, Unknowns } from './unknowns.ts';

/** What has to be declared or known before the plan can be made. */
export function undeclaredOf(model: Model, bounds: ReadonlyMap<string, number>, unknowns: Unknowns): Undeclared {
  const dimensions = [...openDimensions(model, bounds), ...decisiveTexts(model, { bounds, open: unknowns.values })];
  return { operators: unknowns.operators, dimensions, values: unknowns.values };
}

interface Wanting {
  readonly bounds: ReadonlyMap<string, number>;
  readonly open: readonly OpenValue[];
}

/** Inputs whose texts would have to be bounded, as bounds name that, where it bounds something that is open. */
function decisiveTexts(model: Model, { bounds, open }: Wanting): readonly string[] {
  const texts = textInputs(model)
    .map(lettersKey)
    .filter((key) => !bounds.has(key));
  if (texts.length === 0 || open.length === 0) return [];
  const all = new Map([...bounds, ...texts.map((key) => [key, 1] as const)]);
  const isOpen = (with_: ReadonlyMap<string, number>) => {
    const { values } = inferShapes(model, { bounds: with_ });
    return open.filter(({ value }) => !hasBound(values.get(value))).length;
  };
  return isOpen(all) < isOpen(bounds) ? texts : [];
}

function hasBound(fact: Fact | undefined): boolean {
  return fact?.kind === 'tensor' && (fact.shape?.every((size) => upperBound(size) !== null) ?? false);
}

/** Inputs that a request brings texts for. */
export function textInputs({ graph }: Model): readonly string[] {
  return fedInputs(graph).flatMap(({ name, type }) =>
    type?.kind === 'tensor' && type.elementType === 'string' ? [name] : [],
  );
}

/** Dimensions of inputs that are neither given by the model nor bounded, by the names that bounds go by. */
export function openDimensions({ graph }: Model, bounds: ReadonlyMap<string, number>): readonly string[] {
  const open = new Set<string>();
  for (const { name, type } of fedInputs(graph)) {
    if (type?.kind !== 'tensor') continue;
    type.shape?.forEach((size, axis) => {
      const key = boundKey(name, size, axis);
      if (key !== null && !bounds.has(key)) open.add(key);
    });
  }
  return [...open].sort();
}
