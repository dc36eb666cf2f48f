import { normalizeAxes } from '../axes.ts';
import { Contradiction } from '../contradiction.ts';
import { coordinatesOf, numbersOf, stridesOf } from '../elements.ts';
import type { Element, Sizes } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import { add, subtract } from '../size/arithmetic.ts';
import { ceilDivide } from '../size/division.ts';
import { larger, smaller } from '../size/extremes.ts';
import { rangeOf } from '../size/range.ts';
import type { Size } from '../size/size.ts';

/** From `start` up to, not including, `end` by `step`, clamped to the axis as Python's slices are. */
interface Cut {
  readonly axis: number;
  readonly start: Element;
  readonly end: Element;
  readonly step: Element;
}

export function slice(context: NodeContext): Sizes {
  const shape = context.shape(0);
  const cuts = cutsOf(context, shape.length);
  if (!cuts) return shape.map((size) => context.dependsOnData(size));
  return shape.map((size, axis) => {
    const cut = cuts.find((candidate) => candidate.axis === axis);
    return cut ? (lengthOf(cut, size) ?? context.dependsOnData(size)) : size;
  });
}

export function sliceElements(context: NodeContext, shape: Sizes): readonly Element[] | null {
  const data = context.shape(0);
  const elements = context.elements(0);
  const cuts = cutsOf(context, data.length);
  if (!elements || !cuts || data.some((size) => typeof size !== 'number')) return null;
  const steps = [...stridesOf(numbersOf(data))];
  let offset = 0;
  for (const { axis, start, step } of cuts) {
    if (typeof start !== 'number' || typeof step !== 'number') return null;
    offset += startWithin(start, step, Number(data[axis])) * (steps[axis] ?? 0);
    steps[axis] = (steps[axis] ?? 0) * step;
  }
  return [...coordinatesOf(numbersOf(shape))].map(
    (place) => elements[place.reduce((at, coordinate, axis) => at + coordinate * (steps[axis] ?? 0), offset)] ?? null,
  );
}

/** Inputs since version 10 and of the experimental `DynamicSlice`, attributes before; `null` where the values in the run name the axes. */
function cutsOf(context: NodeContext, rank: number): readonly Cut[] | null {
  const isInput = context.has(1);
  const starts = isInput ? entriesOf(context, 1) : context.ints('starts');
  const ends = isInput ? entriesOf(context, 2) : context.ints('ends');
  const count = starts?.length ?? ends?.length;
  if (count === undefined) return null;
  const leading = Array.from({ length: count }, (_, axis) => axis);
  const given = isInput ? (context.has(3) ? context.integers(3) : leading) : (context.ints('axes') ?? leading);
  if (!given) return null;
  const axes = normalizeAxes(given, rank);
  const steps = isInput && context.has(4) ? context.elements(4) : axes.map(() => 1);
  if (axes.length !== count || (ends && ends.length !== count)) {
    throw new Contradiction('starts, ends and axes belong together', {
      found: `${count} starts, ${ends?.length} ends, ${axes.length} axes`,
    });
  }
  return axes.map((axis, at) => ({
    axis,
    start: starts?.[at] ?? null,
    end: ends?.[at] ?? null,
    step: steps?.[at] ?? null,
  }));
}

/** The entries of an input, each `null` where only their number is known. */
function entriesOf(context: NodeContext, index: number): readonly Element[] | null {
  const length = context.shapeIfKnown(index)?.[0];
  return (
    context.elements(index) ??
    (typeof length === 'number' && length < MAX_CUTS ? new Array<Element>(length).fill(null) : null)
  );
}

/** One for each axis; no tensor has this many. */
const MAX_CUTS = 64;

function lengthOf({ start, end, step }: Cut, size: Size): Size | null {
  if (start === null || end === null || typeof step !== 'number') return null;
  if (step === 0) throw new Contradiction('a slice cannot stand still', { found: 'step 0' });
  if (step < 0) return lengthBackwards({ start, end, step }, size);
  const from = fromFront(start, size);
  const to = fromFront(end, size);
  if (from === null || to === null) return null;
  return larger(0, ceilDivide(subtract(smallerOf(to, size), largerOf(from, 0)), step));
}

/** Backwards the first element is the last at most, and `end` may lie before the first. */
function lengthBackwards({ start, end, step }: { start: Size; end: Size; step: number }, size: Size): Size | null {
  const from = fromFront(start, size);
  const to = fromFront(end, size);
  if (from === null || to === null) return null;
  return larger(0, ceilDivide(subtract(smallerOf(from, subtract(size, 1)), largerOf(to, -1)), -step));
}

/** Counted from the front; `null` where the sign is open. */
function fromFront(place: Size, size: Size): Size | null {
  if (typeof place === 'number')
    return place >= 0 || place === -Infinity ? place : Number.isSafeInteger(place) ? add(place, size) : -Infinity;
  const { least, most } = rangeOf(place, { symbolsAtLeast: 1 });
  return least >= 0 ? place : most < 0 ? add(place, size) : null;
}

/** What exporters write for "to the end", in 32 bits or 64: where an axis has only a name, it is not taken to be longer. */
const END = 2 ** 31 - 1;

function smallerOf(place: Size, limit: Size): Size {
  return isBeyond(place, limit) ? limit : smaller(place, limit);
}

function largerOf(place: Size, limit: Size): Size {
  return isBeyond(place, limit) ? limit : larger(place, limit);
}

/** Places that 53 bits cannot hold are beyond every axis. */
function isBeyond(place: Size, limit: Size): boolean {
  if (typeof place !== 'number') return false;
  return !Number.isSafeInteger(place) || (typeof limit !== 'number' && Math.abs(place) >= END);
}

function startWithin(start: number, step: number, size: number): number {
  const place = start < 0 ? start + size : start;
  return Math.min(Math.max(place, 0), step > 0 ? size : size - 1);
}
