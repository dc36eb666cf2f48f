import type { Dimension } from '../../../onnx/model.ts';
import { normalizeAxis, sizeAt, withSize } from '../axes.ts';
import { Contradiction } from '../contradiction.ts';
import { declaredFact, isSize } from '../declared.ts';
import {
  type Fact,
  type OptionalFact,
  type SequenceFact,
  type Sizes,
  tensor,
  tensorOfUnknownShape,
  typeOnly,
  unknown,
} from '../fact.ts';
import { eitherOf, joinFacts } from '../join-facts.ts';
import { NoAnswer } from '../no-answer.ts';
import type { NodeContext } from '../node-context.ts';
import { always, output, type RuleTable } from '../rule.ts';
import { add, multiply } from '../size/arithmetic.ts';
import type { Size } from '../size/size.ts';
import { joinShapes } from './shape-manipulation.ts';
import { elementTypeAttribute } from './types.ts';

/** Sequences longer than this are followed by what all items have in common. */
const MAX_ITEMS = 64;

export const sequence: RuleTable = {
  SequenceConstruct: (context) => [
    sequenceFact(
      context,
      context.inputs.map((_, index) => context.fact(index)),
    ),
  ],
  SequenceEmpty: (context) => [
    {
      kind: 'sequence',
      element: tensorOfUnknownShape(elementTypeAttribute(context, 'dtype', 'float'), 'the sequence is empty'),
      length: 0,
      items: [],
    },
  ],
  SequenceAt: (context) => {
    const items = sequenceInput(context);
    const place = placeIn(items, context.scalar(1));
    return [(place === null ? null : items.items?.[place]) ?? renewed(context, items.element)];
  },
  SequenceInsert: (context) => {
    const before = sequenceInput(context);
    const item = context.fact(1);
    const place = context.has(2) ? placeIn(before, context.scalar(2)) : (before.items?.length ?? null);
    if (before.items && place !== null) return [sequenceFact(context, before.items.toSpliced(place, 0, item))];
    const element = before.length === 0 ? typeOnly(item) : join(context, [before.element, item]);
    return [{ kind: 'sequence', element, length: before.length === null ? null : add(before.length, 1), items: null }];
  },
  SequenceErase: (context) => {
    const before = sequenceInput(context);
    const place = context.has(1) ? placeIn(before, context.scalar(1)) : before.items ? before.items.length - 1 : null;
    if (before.items && place !== null)
      return [sequenceFact(context, before.items.toSpliced(place, 1), before.element)];
    return [{ ...before, length: before.length === null ? null : add(before.length, -1), items: null }];
  },
  SequenceLength: output(
    always('int64'),
    () => [],
    (context) => {
      const { length } = sequenceInput(context);
      return length === null ? null : [length];
    },
  ),
  SplitToSequence: (context) => [splitToSequence(context)],
  ConcatFromSequence: output((context) => {
    const { element } = sequenceInput(context);
    return element.kind === 'tensor' ? element.elementType : 'undefined';
  }, concatenated),
  Optional: optional,
  OptionalGetElement: (context) => {
    const value = context.fact(0);
    return [value.kind === 'optional' ? value.element : value];
  },
  OptionalHasElement: output(
    always('bool'),
    () => [],
    (context) => {
      const value = context.inputs[0];
      if (value === null || value === undefined) return [0];
      const present = value.kind === 'optional' ? value.present : true;
      return present === null ? null : [Number(present)];
    },
  ),
};

/** A sequence of these items; `whenEmpty` is what is known of items that are not there. */
function sequenceFact(
  context: NodeContext,
  items: readonly Fact[],
  whenEmpty: Fact = unknown('the sequence is empty'),
): SequenceFact {
  const element = items.length === 0 ? whenEmpty : join(context, items);
  return { kind: 'sequence', element, length: items.length, items: items.length <= MAX_ITEMS ? items : null };
}

function join(context: NodeContext, facts: readonly Fact[]): Fact {
  return facts
    .map(typeOnly)
    .reduce((a, b) => joinFacts(a, b, eitherOf('items of the sequence differ', context.services.freshSize)));
}

function sequenceInput(context: NodeContext): SequenceFact {
  const fact = context.fact(0);
  if (fact.kind === 'sequence') return fact;
  if (fact.kind === 'unknown') throw new NoAnswer(fact.reason);
  throw new Contradiction('an input is no sequence', { found: fact.kind, wanted: 'sequence', input: 0 });
}

/** The place counted from the front, negative ones from the back; `null` where the run decides. */
function placeIn({ items }: SequenceFact, place: Size | null): number | null {
  if (!items || typeof place !== 'number') return null;
  return place < 0 ? place + items.length : place;
}

/** An item that is not known by itself: its unknown sizes are not those of another item. */
function renewed(context: NodeContext, fact: Fact): Fact {
  if (fact.kind !== 'tensor' || !fact.shape) return fact;
  return tensor(
    fact.elementType,
    fact.shape.map((size) =>
      typeof size === 'number' || size.reason === null ? size : context.unknown(size.reason, size),
    ),
  );
}

function splitToSequence(context: NodeContext): SequenceFact {
  const type = context.elementType(0);
  const shape = context.shape(0);
  const axis = normalizeAxis(context.int('axis', 0), shape.length);
  const whole = sizeAt(shape, axis);
  const parts = partsOf(context, whole);
  const dropsAxis = !context.has(1) && !context.flag('keepdims', true);
  const item = (part: Size): Fact =>
    tensor(type, dropsAxis ? shape.filter((_, at) => at !== axis) : withSize(shape, axis, part));
  if (parts && parts.length <= MAX_ITEMS) return sequenceFact(context, parts.map(item), item(0));
  if (!context.has(1)) return { kind: 'sequence', element: item(1), length: whole, items: null };
  return { kind: 'sequence', element: item(context.dependsOnData(whole)), length: parts?.length ?? null, items: null };
}

/** The sizes of the parts; `null` where they are too many or the run decides. */
function partsOf(context: NodeContext, whole: Size): Sizes | null {
  if (!context.has(1)) return typeof whole === 'number' && whole <= MAX_ITEMS ? new Array<Size>(whole).fill(1) : null;
  const given = context.counts(1);
  if (!given) return null;
  if (context.shape(1).length > 0) return given;
  const [size] = given;
  if (typeof size !== 'number' || typeof whole !== 'number' || size < 1) return null;
  const count = Math.min(Math.ceil(whole / size), MAX_ITEMS + 1);
  return Array.from({ length: count }, (_, index) => Math.min(size, whole - index * size));
}

function concatenated(context: NodeContext): Sizes {
  const { items, length, element } = sequenceInput(context);
  const isNewAxis = context.flag('new_axis');
  const shapes = items?.map(shapeOfItem) ?? [shapeOfItem(element)];
  const [first] = shapes;
  if (!first) throw new NoAnswer('the sequence is empty');
  const axis = normalizeAxis(context.int('axis', 0), first.length + Number(isNewAxis));
  const count = items ? items.length : (length ?? context.dependsOnData());
  if (isNewAxis) return [...first.slice(0, axis), count, ...first.slice(axis)];
  if (items) return joinShapes(shapes, axis);
  const each = sizeAt(first, axis);
  return withSize(first, axis, typeof each === 'number' ? multiply(each, count) : context.dependsOnData());
}

function shapeOfItem(item: Fact): Sizes {
  if (item.kind === 'tensor' && item.shape) return item.shape;
  throw new NoAnswer(
    item.kind === 'tensor' || item.kind === 'unknown'
      ? (item.reason ?? 'an item has no known shape')
      : 'an item is no tensor',
  );
}

function optional(context: NodeContext): readonly OptionalFact[] {
  if (context.has(0)) return [{ kind: 'optional', element: context.fact(0), present: true }];
  const type = context.attribute('type');
  const reason = 'the optional is empty';
  const sizeOf = (dimension: Dimension) => (isSize(dimension) ? dimension : context.unknown(reason));
  const element = type?.kind === 'type' ? declaredFact(type.value, { reason, sizeOf }) : unknown(reason);
  return [{ kind: 'optional', element, present: false }];
}
