import { normalizeAxes, normalizeAxis } from '../axes.ts';
import { coordinatesOf, numbersOf, stridesOf } from '../elements.ts';
import type { Element, Sizes } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import { always, output, type Rule, type RuleTable, typeOf } from '../rule.ts';
import { larger } from '../size/extremes.ts';
import * as values from './arithmetic-of-elements.ts';

export const reduction: RuleTable = {
  ReduceSum: reduce({ axesInputSince: 13, fold: values.addElements }),
  ReduceProd: reduce({ axesInputSince: 18, fold: values.multiplyElements }),
  ReduceMax: reduce({ axesInputSince: 18, fold: values.maximumOfElements }),
  ReduceMin: reduce({ axesInputSince: 18, fold: values.minimumOfElements }),
  ReduceMean: reduce({ axesInputSince: 18 }),
  ReduceL1: reduce({ axesInputSince: 18 }),
  ReduceL2: reduce({ axesInputSince: 18 }),
  ReduceLogSum: reduce({ axesInputSince: 18 }),
  ReduceLogSumExp: reduce({ axesInputSince: 18 }),
  ReduceSumSquare: reduce({ axesInputSince: 18 }),
  ArgMax: output(always('int64'), reduceOneAxis),
  ArgMin: output(always('int64'), reduceOneAxis),
};

export interface ReductionFacts {
  /** The version from which the axes are an input instead of an attribute. */
  readonly axesInputSince: number;
  /** How two values become one, where values are followed. */
  readonly fold?: values.ScalarFunction;
}

export function reduce({ axesInputSince, fold }: ReductionFacts): Rule {
  return output(
    typeOf(0),
    (context) => {
      const shape = context.shape(0);
      const reduced = reducedAxes(context, axesInputSince, shape.length);
      return reduced ? reduceAxes(shape, reduced, context.flag('keepdims', true)) : shapeForUnknownAxes(context, shape);
    },
    (context) => {
      const shape = context.shape(0);
      const elements = context.elements(0);
      const reduced = reducedAxes(context, axesInputSince, shape.length);
      return fold && elements && reduced && shape.every((size) => typeof size === 'number')
        ? foldElements({ shape, elements }, { reduced, fold: (a, b) => fold([a, b], context.elementType(0)) })
        : null;
    },
  );
}

/** The shape after each of these axes became a single element, kept as 1 or left out. */
export function reduceAxes(shape: Sizes, axes: readonly number[], keep: boolean): Sizes {
  return keep
    ? shape.map((size, axis) => (axes.includes(axis) ? 1 : size))
    : shape.filter((_, axis) => !axes.includes(axis));
}

/** The axes to reduce; `null` where values in the run name them. */
function reducedAxes(context: NodeContext, axesInputSince: number, rank: number): readonly number[] | null {
  const isInput = context.version >= axesInputSince;
  const given = isInput ? (context.has(1) ? context.integers(1) : []) : (context.ints('axes') ?? []);
  if (given === null) return null;
  if (given.length > 0) return normalizeAxes(given, rank);
  return isInput && context.flag('noop_with_empty_axes') ? [] : Array.from({ length: rank }, (_, axis) => axis);
}

function shapeForUnknownAxes(context: NodeContext, shape: Sizes): Sizes {
  if (!context.flag('keepdims', true)) throw context.dataDependence();
  return shape.map((size) => context.dependsOnData(larger(size, 1)));
}

function reduceOneAxis(context: NodeContext): Sizes {
  const shape = context.shape(0);
  const axis = normalizeAxis(context.int('axis', 0), shape.length);
  return reduceAxes(shape, [axis], context.flag('keepdims', true));
}

interface Folding {
  readonly reduced: readonly number[];
  readonly fold: (a: Element, b: Element) => Element;
}

function foldElements(
  { shape, elements }: { readonly shape: Sizes; readonly elements: readonly Element[] },
  { reduced, fold }: Folding,
): readonly Element[] | null {
  const sizes = numbersOf(shape);
  const steps = stridesOf(sizes.map((size, axis) => (reduced.includes(axis) ? 1 : size)));
  const result: (Element | undefined)[] = [];
  let at = 0;
  for (const coordinates of coordinatesOf(sizes)) {
    const target = coordinates.reduce(
      (sum, place, axis) => sum + (reduced.includes(axis) ? 0 : place * (steps[axis] ?? 0)),
      0,
    );
    const before = result[target];
    const value = elements[at++] ?? null;
    result[target] = before === undefined ? value : fold(before, value);
  }
  return elements.length === 0 ? null : result.map((value) => value ?? null);
}
