import { normalizeAxes, normalizeAxis, withSize } from '../axes.ts';
import { broadcastShapes } from '../broadcast-shapes.ts';
import { Contradiction } from '../contradiction.ts';
import { combine, coordinatesOf, followableCount, numbersOf, stridesOf } from '../elements.ts';
import { type Element, renderShape, type Sizes } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import { always, type ElementsOf, output, type RuleTable, typeOf } from '../rule.ts';
import { multiply, product, sum } from '../size/arithmetic.ts';
import { exactQuotient, floorDivide } from '../size/division.ts';
import { isEqual } from '../size/extremes.ts';
import { type Size, textOf } from '../size/size.ts';
import { identity } from './identity.ts';
import { crop, pad } from './pad.ts';
import { reshape } from './reshape.ts';
import { split } from './split.ts';

const sameElements: ElementsOf = (context) => context.elements(0);

/** Operators that arrange the elements of a tensor anew. */
export const shapeManipulation: RuleTable = {
  Identity: identity,
  Reshape: output(typeOf(0), reshape, sameElements),
  Flatten: output(typeOf(0), flatten, sameElements),
  Squeeze: output(typeOf(0), squeeze, sameElements),
  Unsqueeze: output(typeOf(0), unsqueeze, sameElements),
  Transpose: output(
    typeOf(0),
    (context) => permutation(context).map((axis) => context.shape(0)[axis] ?? 1),
    transposeElements,
  ),
  Concat: output(typeOf(0), concatenate, concatenateElements),
  Expand: output(typeOf(0), (context) => broadcastShapes([context.shape(0), context.sizesFrom(1)]), expandElements),
  Tile: { 1: output(typeOf(0), tileOneAxis), 6: output(typeOf(0), tile) },
  Split: split,
  Pad: output(typeOf(0), pad),
  Crop: output(typeOf(0), crop),
  DepthToSpace: output(typeOf(0), (context) => moveBlocks(context, 'to-space')),
  SpaceToDepth: output(typeOf(0), (context) => moveBlocks(context, 'to-depth')),
  CenterCropPad: output(typeOf(0), centerCropPad),
  Shape: output(always('int64'), rankAsShape, dimensions),
  Size: output(
    always('int64'),
    () => [],
    (context) => [product(context.shape(0))],
  ),
};

function flatten(context: NodeContext): Sizes {
  const shape = context.shape(0);
  const axis = context.int('axis', 1);
  const at = axis < 0 ? axis + shape.length : axis;
  if (at < 0 || at > shape.length) {
    throw new Contradiction('an axis lies outside of the tensor', {
      found: `axis ${axis}`,
      wanted: `-${shape.length} to ${shape.length}`,
    });
  }
  return [product(shape.slice(0, at)), product(shape.slice(at))];
}

function squeeze(context: NodeContext): Sizes {
  const shape = context.shape(0);
  const axes = axesArgument(context);
  if (axes === null) {
    // A dimension that may be 1 in one run and not in the next leaves the rank open.
    if (shape.some((size) => isEqual(size, 1) === null)) throw context.dataDependence();
    return shape.filter((size) => size !== 1);
  }
  const normal = normalizeAxes(axes, shape.length);
  const wrong = normal.find((axis) => isEqual(shape[axis] ?? 1, 1) === false);
  if (wrong !== undefined) {
    throw new Contradiction('only dimensions of size 1 can be squeezed', {
      found: `axis ${wrong} of ${renderShape(shape)}`,
      wanted: 'size 1',
      input: 0,
    });
  }
  return shape.filter((_, axis) => !normal.includes(axis));
}

function unsqueeze(context: NodeContext): Sizes {
  const shape = context.shape(0);
  const axes = axesArgument(context);
  if (axes === null) throw new Contradiction('the axes to insert are missing');
  const rank = shape.length + axes.length;
  const inserted = normalizeAxes(axes, rank);
  const rest = [...shape];
  return Array.from({ length: rank }, (_, axis) => (inserted.includes(axis) ? 1 : (rest.shift() ?? 1)));
}

/** The axes, an input since version 13 and an attribute before; `null` where they are left out. */
function axesArgument(context: NodeContext): readonly number[] | null {
  if (context.version < 13) return context.ints('axes');
  if (!context.has(1)) return null;
  const axes = context.integers(1);
  if (axes === null) throw context.dataDependence();
  return axes;
}

function permutation(context: NodeContext): readonly number[] {
  const rank = context.shape(0).length;
  const given = context.ints('perm');
  if (!given || (given.length === 0 && rank > 0)) return Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  if (given.length !== rank) {
    throw new Contradiction('the permutation does not fit the rank of the input', {
      found: `[${given.join(', ')}]`,
      wanted: `${rank} axes`,
    });
  }
  return normalizeAxes(given, rank);
}

function transposeElements(context: NodeContext, shape: Sizes): readonly Element[] | null {
  const elements = context.elements(0);
  if (!elements) return null;
  const strides = stridesOf(numbersOf(context.shape(0)));
  const steps = permutation(context).map((axis) => strides[axis] ?? 0);
  return [...coordinatesOf(numbersOf(shape))].map(
    (place) => elements[place.reduce((at, coordinate, axis) => at + coordinate * (steps[axis] ?? 0), 0)] ?? null,
  );
}

/** Before version 4 the axis had a default. */
function concatenate(context: NodeContext): Sizes {
  if (context.version >= 4 && context.attribute('axis') === null) throw new Contradiction('attribute axis is missing');
  const shapes = context.inputs.map((_, index) => context.shape(index));
  const [first] = shapes;
  if (!first) throw new Contradiction('there is nothing to concatenate');
  const axis = normalizeAxis(context.int('axis', 1), first.length);
  return joinShapes(shapes, axis);
}

/** The shape of tensors laid one after another along an axis; sizes of other axes must be equal. */
export function joinShapes(shapes: readonly Sizes[], axis: number): Sizes {
  const [first = []] = shapes;
  shapes.forEach((shape, input) => {
    const differs =
      shape.length !== first.length || shape.some((size, at) => at !== axis && isEqual(size, first[at] ?? 1) === false);
    if (differs) {
      throw new Contradiction('these shapes cannot be concatenated', {
        found: `${renderShape(first)} and ${renderShape(shape)}`,
        wanted: `equal sizes on all axes but ${axis}`,
        input,
      });
    }
  });
  // Where one input says a number and another only a name, the number is the size of both.
  return first.map((size, at) =>
    at === axis
      ? sum(shapes.map((shape) => shape[at] ?? 0))
      : (shapes.map((shape) => shape[at]).find((other) => typeof other === 'number') ?? size),
  );
}

function concatenateElements(context: NodeContext, shape: Sizes): readonly Element[] | null {
  if (shape.length !== 1) return null;
  const parts = context.inputs.map(
    (_, index) => context.elements(index) ?? new Array<Element>(followableCount(context.shape(index)) ?? 0).fill(null),
  );
  return parts.some((part) => part.some((element) => element !== null)) ? parts.flat() : null;
}

function expandElements(context: NodeContext, shape: Sizes): readonly Element[] | null {
  const elements = context.elements(0);
  return elements && combine(shape, [{ shape: context.shape(0), elements }], ([element]) => element ?? null);
}

function tile(context: NodeContext): Sizes {
  const shape = context.shape(0);
  const repeats = context.counts(1);
  if (!repeats) return shape.map(() => context.dependsOnData());
  if (repeats.length !== shape.length) {
    throw new Contradiction('there is a repeat for each axis', {
      found: `${repeats.length} repeats`,
      wanted: String(shape.length),
      input: 1,
    });
  }
  return shape.map((size, axis) => multiply(size, repeats[axis] ?? 1));
}

function tileOneAxis(context: NodeContext): Sizes {
  const shape = context.shape(0);
  const [tiles, axis] = [context.counts(1)?.[0], context.scalar(2)];
  if (typeof axis !== 'number') return shape.map(() => context.dependsOnData());
  const at = normalizeAxis(axis, shape.length);
  return withSize(shape, at, tiles === undefined ? context.dependsOnData() : multiply(shape[at] ?? 1, tiles));
}

function moveBlocks(context: NodeContext, direction: 'to-space' | 'to-depth'): Sizes {
  const [batch = 1, channels = 1, ...spatial] = context.shapeOfRank(0, 4);
  const block = context.int('blocksize', 1);
  if (block < 1)
    throw new Contradiction('attribute blocksize is out of range', { found: String(block), wanted: 'at least 1' });
  const area = block ** 2;
  return direction === 'to-space'
    ? [batch, divideEvenly(channels, area), ...spatial.map((size) => multiply(size, block))]
    : [batch, multiply(channels, area), ...spatial.map((size) => divideEvenly(size, block))];
}

function divideEvenly(size: Size, divisor: number): Size {
  if (typeof size === 'number' && size % divisor !== 0) {
    throw new Contradiction('a dimension is not divisible into blocks', {
      found: textOf(size),
      wanted: `a multiple of ${divisor}`,
      input: 0,
    });
  }
  return exactQuotient(size, divisor) ?? floorDivide(size, divisor);
}

function centerCropPad(context: NodeContext): Sizes {
  const shape = context.shape(0);
  const axes = normalizeAxes(context.ints('axes') ?? shape.map((_, axis) => axis), shape.length);
  const wanted = context.counts(1);
  return shape.map((size, axis) => {
    const at = axes.indexOf(axis);
    return at < 0 ? size : (wanted?.[at] ?? context.dependsOnData());
  });
}

function rankAsShape(context: NodeContext): Sizes {
  const { shape, reason } = context.tensor(0);
  return [shape ? dimensions(context).length : context.unknown(reason ?? 'its rank is not known')];
}

/** The dimensions that `Shape` gives: since version 15 a part of them can be asked for. */
function dimensions(context: NodeContext): Sizes {
  const shape = context.shape(0);
  const clamp = (place: number) => Math.min(Math.max(place < 0 ? place + shape.length : place, 0), shape.length);
  return shape.slice(clamp(context.int('start', 0)), clamp(context.int('end', shape.length)));
}
