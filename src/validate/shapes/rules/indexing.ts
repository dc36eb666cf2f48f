import { normalizeAxis, sizeAt, withSize } from '../axes.ts';
import { Contradiction } from '../contradiction.ts';
import { renderShape, type Sizes } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import { always, output, outputs, type RuleTable, shapeOf, typeOf } from '../rule.ts';
import { isEqual } from '../size/extremes.ts';
import type { Size } from '../size/size.ts';
import { gather, gatherElements, scatterElementsOfVector } from './gather.ts';
import { compress, nonMaxSuppression, nonZero, unique } from './selection.ts';
import { slice, sliceElements } from './slice.ts';

export const indexing: RuleTable = {
  Gather: output(typeOf(0), gather, gatherElements),
  GatherElements: output(typeOf(0), shapeOf(1)),
  GatherND: output(typeOf(0), gatherND),
  Scatter: output(typeOf(0), shapeOf(0)),
  ScatterElements: output(typeOf(0), shapeOf(0)),
  ScatterND: output(typeOf(0), shapeOf(0), scatterElementsOfVector),
  TensorScatter: output(typeOf(0), shapeOf(0)),
  Slice: output(typeOf(0), slice, sliceElements),
  DynamicSlice: output(typeOf(0), slice, sliceElements),
  TopK: outputs([typeOf(0), always('int64')], (context) => {
    const shape = topK(context);
    return [shape, shape];
  }),
  OneHot: output(typeOf(2), oneHot),
  NonZero: output(always('int64'), nonZero),
  Compress: output(typeOf(0), compress),
  Unique: outputs([typeOf(0), always('int64')], unique),
  NonMaxSuppression: output(always('int64'), nonMaxSuppression),
};

/** The last axis of the indices says which elements, or slices, of each batch are taken. */
export function gatherND(context: NodeContext): Sizes {
  const [data, indices] = [context.shape(0), context.shape(1)];
  const depth = indices.at(-1);
  if (depth === undefined) throw new Contradiction('the indices need at least one dimension', { input: 1 });
  if (typeof depth !== 'number') throw context.dataDependence();
  const taken = context.int('batch_dims', 0) + depth;
  if (taken > data.length) {
    throw new Contradiction('the indices name more axes than the data has', {
      found: `${taken} axes`,
      wanted: `${data.length} or fewer`,
      input: 1,
    });
  }
  return [...indices.slice(0, -1), ...data.slice(taken)];
}

function topK(context: NodeContext): Sizes {
  const shape = context.shape(0);
  const axis = normalizeAxis(context.int('axis', -1), shape.length);
  const whole = sizeAt(shape, axis);
  const count: Size = context.version < 10 ? context.int('k', 0) : context.count(1, whole);
  if (typeof count === 'number' && typeof whole === 'number' && count > whole) {
    throw new Contradiction('more elements are asked for than there are', {
      found: `k of ${count}`,
      wanted: `${whole} or fewer`,
      input: 1,
    });
  }
  return withSize(shape, axis, count);
}

function oneHot(context: NodeContext): Sizes {
  const indices = context.shape(0);
  const values = context.shapeIfKnown(2);
  if (values && (values.length !== 1 || isEqual(values[0] ?? 0, 2) === false)) {
    throw new Contradiction('there is a value for off and one for on', {
      found: renderShape(values),
      wanted: '[2]',
      input: 2,
    });
  }
  const axis = normalizeAxis(context.int('axis', -1), indices.length + 1);
  const depth = context.scalar(1);
  // The depth may be a number of any type; its whole part counts.
  const size = typeof depth === 'number' ? Math.trunc(depth) : context.count(1);
  return [...indices.slice(0, axis), size, ...indices.slice(axis)];
}
