import { Contradiction } from '../contradiction.ts';
import { renderShape, type Sizes } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import { product } from '../size/arithmetic.ts';
import { exactQuotient, floorDivide } from '../size/division.ts';
import { isEqual } from '../size/extremes.ts';
import { type Size, sameSize, textOf } from '../size/size.ts';

/** The shape that `Reshape` gives: 0 copies the input's dimension, unless `allowzero` says that it is meant, and -1 takes what is left. */
export function reshape(context: NodeContext): Sizes {
  const wanted = wantedShape(context);
  const shape = context.shapeIfKnown(0);
  const copied = wanted.map((size, axis) =>
    size === 0 && !context.flag('allowzero') ? copyAxis(context, shape, axis) : size,
  );
  const inferred = copied.indexOf(-1);
  if (inferred >= 0 && copied.lastIndexOf(-1) !== inferred) {
    throw new Contradiction('only one dimension can be inferred', {
      found: `[${copied.map(String).join(', ')}]`,
      wanted: 'at most one -1',
      input: 1,
    });
  }
  // An entry that is not known may stand for -1 itself, so nothing is left to compute the others from.
  const sizes = copied.map((size) => (size === null ? context.dependsOnData(shape && product(shape)) : size));
  if (inferred >= 0) {
    const others = sizes.filter((_, axis) => axis !== inferred);
    sizes[inferred] =
      shape && !copied.includes(null) ? leftOver(shape, others) : context.unknown(unknownReason(context));
  } else if (shape && !copied.includes(null)) {
    // The node says plainly what it gives, so the rest of the graph is inferred from that.
    if (isEqual(product(shape), product(sizes)) === false) context.report(wrongCount(shape, sizes));
  }
  return sizes;
}

/** The entries as written: sizes, 0, -1, or `null` where the values in the run decide. */
function wantedShape(context: NodeContext): readonly (Size | null)[] {
  if (context.version < 5) return context.ints('shape') ?? [];
  const elements = context.elements(1);
  if (!elements) return context.sizesFrom(1).map(() => null);
  const counts = context.counts(1);
  return elements.map((element, axis) => {
    if (element === null) return null;
    if (typeof element !== 'number') return counts?.[axis] === element ? element : null;
    if (element < -1)
      throw new Contradiction('a dimension is below -1', {
        found: textOf(element),
        wanted: '-1, 0 or a size',
        input: 1,
      });
    return element;
  });
}

function copyAxis(context: NodeContext, shape: Sizes | null, axis: number): Size {
  if (!shape) return context.unknown(unknownReason(context));
  const size = shape[axis];
  if (size === undefined) {
    throw new Contradiction('a dimension is copied that the input does not have', {
      found: `0 at axis ${axis}`,
      wanted: `an axis of ${renderShape(shape)}`,
      input: 1,
    });
  }
  return size;
}

/** What remains of the elements for one dimension when the others have theirs. */
function leftOver(shape: Sizes, others: Sizes): Size {
  const above = [...shape];
  const below: Size[] = [];
  // Equal dimensions cancel first: a quotient of expanded products may no longer show that it comes out even.
  for (const size of others) {
    const at = above.findIndex((candidate) => sameSize(candidate, size) && size !== 0);
    if (at >= 0) above.splice(at, 1);
    else below.push(size);
  }
  const [count, divisor] = [product(above), product(below)];
  if (divisor === 0) return 0;
  const quotient = exactQuotient(count, divisor);
  if (quotient === null && typeof count === 'number' && typeof divisor === 'number') throw wrongCount(shape, others);
  return quotient ?? floorDivide(count, divisor);
}

function wrongCount(shape: Sizes, sizes: Sizes): Contradiction {
  return new Contradiction('a tensor cannot be reshaped to another number of elements', {
    found: `${renderShape(shape)} to ${renderShape(sizes)}`,
    wanted: `${textOf(product(shape))} elements`,
    input: 1,
  });
}

function unknownReason(context: NodeContext): string {
  const fact = context.fact(0);
  const reason = fact.kind === 'tensor' ? fact.reason : null;
  return reason ?? `depends on data: ${context.node.opType}`;
}
