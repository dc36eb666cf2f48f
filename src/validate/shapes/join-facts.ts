import { type Fact, type Sizes, type TensorFact, tensor, tensorOfUnknownShape, unknown } from './fact.ts';
import { larger } from './size/extremes.ts';
import { type Size, sameSize } from './size/size.ts';

export interface JoinOptions {
  /** Why the result is not known where the two differ. */
  readonly reason: string;
  /** What a dimension is that is one size or the other. */
  readonly joinSizes: (a: Size, b: Size) => Size;
}

/** What holds of a value that is one or the other: what both have in common. */
export function joinFacts(a: Fact, b: Fact, options: JoinOptions): Fact {
  if (a === b) return a;
  if (a.kind === 'tensor' && b.kind === 'tensor') return joinTensors(a, b, options);
  if (a.kind === 'sequence' && b.kind === 'sequence') {
    // Of an empty sequence nothing is known about items, and nothing needs to be.
    const element = a.length === 0 ? b.element : b.length === 0 ? a.element : joinFacts(a.element, b.element, options);
    return { kind: 'sequence', element, length: joinLengths(a.length, b.length), items: null };
  }
  if (a.kind === 'optional' && b.kind === 'optional') {
    const element =
      a.present === false ? b.element : b.present === false ? a.element : joinFacts(a.element, b.element, options);
    return { kind: 'optional', element, present: a.present === b.present ? a.present : null };
  }
  if (a.kind === 'map' && b.kind === 'map' && a.key === b.key)
    return { ...a, value: joinFacts(a.value, b.value, options) };
  return unknown(options.reason);
}

/** For values of which either may come: sizes that differ are unknown and at most the larger one. */
export function eitherOf(reason: string, freshSize: (reason: string, atMost: Size | null) => Size): JoinOptions {
  return { reason, joinSizes: (a, b) => freshSize(reason, larger(a, b)) };
}

function joinTensors(a: TensorFact, b: TensorFact, options: JoinOptions): Fact {
  const elementType = a.elementType === b.elementType ? a.elementType : 'undefined';
  if (!a.shape || !b.shape) return tensorOfUnknownShape(elementType, a.reason ?? b.reason ?? options.reason);
  if (a.shape.length !== b.shape.length) return tensorOfUnknownShape(elementType, options.reason);
  const shape = joinDimensions(a.shape, b.shape, options);
  const isSame = shape.every((size, axis) => size === a.shape?.[axis]);
  return tensor(elementType, shape, isSame ? joinElements(a, b) : null);
}

function joinDimensions(a: Sizes, b: Sizes, { joinSizes }: JoinOptions): Sizes {
  return a.map((size, axis) => {
    const other = b[axis] ?? size;
    return sameSize(size, other) ? size : joinSizes(size, other);
  });
}

function joinElements(a: TensorFact, b: TensorFact): TensorFact['elements'] {
  const other = b.elements;
  if (!a.elements || !other || a.elements.length !== other.length) return null;
  return a.elements.map((element, at) => {
    const alternative = other[at] ?? null;
    return element !== null && alternative !== null && sameSize(element, alternative) ? element : null;
  });
}

function joinLengths(a: Size | null, b: Size | null): Size | null {
  return a !== null && b !== null && sameSize(a, b) ? a : null;
}
