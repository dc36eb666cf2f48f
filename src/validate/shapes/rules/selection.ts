import { normalizeAxis, sizeAt, withSize } from '../axes.ts';
import type { Element, Sizes } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import { product } from '../size/arithmetic.ts';
import { smaller } from '../size/extremes.ts';
import type { Size } from '../size/size.ts';

/** Places of the elements that are not zero, one column for each: at most all of them. */
export function nonZero(context: NodeContext): Sizes {
  const shape = context.shapeIfKnown(0);
  if (!shape) return [context.dependsOnData(), context.dependsOnData()];
  return [shape.length, countOf(context.elements(0)) ?? context.dependsOnData(product(shape))];
}

/** The slices of an axis, or the elements of the flattened data, where the condition holds. */
export function compress(context: NodeContext): Sizes {
  const shape = context.shape(0);
  const axis = context.int('axis');
  const at = axis === null ? null : normalizeAxis(axis, shape.length);
  const whole = at === null ? product(shape) : sizeAt(shape, at);
  const conditions = context.shapeIfKnown(1)?.[0];
  const chosen =
    countOf(context.elements(1)) ??
    context.dependsOnData(conditions === undefined ? whole : smaller(whole, conditions));
  return at === null ? [chosen] : withSize(shape, at, chosen);
}

/** The different elements, or slices of an axis; where each was first; which one each is; how often each stands. */
export function unique(context: NodeContext): readonly Sizes[] {
  const shape = context.shape(0);
  const axis = context.int('axis');
  const at = axis === null ? null : normalizeAxis(axis, shape.length);
  const whole = at === null ? product(shape) : sizeAt(shape, at);
  const elements = at === null || shape.length === 1 ? context.elements(0) : null;
  const different: Size = elements?.every((element) => typeof element === 'number')
    ? new Set(elements).size
    : context.dependsOnData(whole);
  return [at === null ? [different] : withSize(shape, at, different), [different], [whole], [different]];
}

/** One row for each box that is kept: for each batch and class no more than asked for, nor than there are. */
export function nonMaxSuppression(context: NodeContext): Sizes {
  const scores = context.shapeOfRank(1, 3);
  const [batch = 1, classes = 1, boxes = 1] = scores;
  if (!context.has(2)) return [0, 3];
  const asked = context.counts(2)?.[0];
  const perClass = asked === undefined ? boxes : smaller(asked, boxes);
  const most = product([batch, classes, perClass]);
  return [most === 0 ? 0 : context.dependsOnData(most), 3];
}

function countOf(elements: readonly Element[] | null): number | null {
  return elements?.every((element) => typeof element === 'number')
    ? elements.filter((element) => element !== 0).length
    : null;
}
