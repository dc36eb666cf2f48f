import type { ElementType } from '../../onnx/model.ts';
import { type Size, textOf } from './size/size.ts';

/** Dimensions from the outermost in. */
export type Sizes = readonly Size[];

/**
 * One element of a small tensor whose values are known: a number (not finite, or beyond 2^53, where only its order counts),
 * an expression where it is computed from dimensions, or `null`.
 */
export type Element = Size | null;

export interface TensorFact {
  readonly kind: 'tensor' | 'sparse-tensor';
  /** `undefined` where it is not known. */
  readonly elementType: ElementType;
  /** `null` where not even the rank is known. */
  readonly shape: Sizes | null;
  /** In row-major order; `null` where nothing is known of them or they are too many to follow. */
  readonly elements: readonly Element[] | null;
  /** Why the shape is not known; `null` where it is. */
  readonly reason: string | null;
  /** Of texts: the most letters that one has, where that is bounded. */
  readonly letters?: number;
}

export interface SequenceFact {
  readonly kind: 'sequence';
  /** What is true of every item. */
  readonly element: Fact;
  readonly length: Size | null;
  /** Each item by itself, where their number is known and small. */
  readonly items: readonly Fact[] | null;
}

export interface OptionalFact {
  readonly kind: 'optional';
  readonly element: Fact;
  readonly present: boolean | null;
}

export interface MapFact {
  readonly kind: 'map';
  readonly key: ElementType;
  readonly value: Fact;
}

export interface OpaqueFact {
  readonly kind: 'opaque';
  readonly domain: string;
  readonly name: string;
}

/** Not even the kind is known. */
export interface UnknownFact {
  readonly kind: 'unknown';
  readonly reason: string;
}

/** What inference knows about one value of a graph. */
export type Fact = TensorFact | SequenceFact | OptionalFact | MapFact | OpaqueFact | UnknownFact;

export function tensor(elementType: ElementType, shape: Sizes, elements: readonly Element[] | null = null): TensorFact {
  return { kind: 'tensor', elementType, shape, elements, reason: null };
}

export function tensorOfUnknownShape(elementType: ElementType, reason: string): TensorFact {
  return { kind: 'tensor', elementType, shape: null, elements: null, reason };
}

export function sequenceOf(items: readonly Fact[], element: Fact): SequenceFact {
  return { kind: 'sequence', element, length: items.length, items };
}

export function unknown(reason: string): UnknownFact {
  return { kind: 'unknown', reason };
}

/** The fact without its values: its type and shape alone. */
export function typeOnly(fact: Fact): Fact {
  return fact.kind === 'tensor' && fact.elements ? { ...fact, elements: null } : fact;
}

/** Writes a shape as people do: `[batch, 3, 224, 224]`. */
export function renderShape(shape: Sizes | null): string {
  return shape === null ? '[…]' : `[${shape.map(textOf).join(', ')}]`;
}

/** One line for messages, and the key by which two facts are equal. */
export function renderFact(fact: Fact): string {
  switch (fact.kind) {
    case 'tensor':
      return `${fact.elementType}${fact.letters === undefined ? '' : `(${fact.letters})`}${renderShape(fact.shape)}`;
    case 'sparse-tensor':
      return `sparse ${fact.elementType}${renderShape(fact.shape)}`;
    case 'sequence':
      return `sequence of ${renderFact(fact.element)}`;
    case 'optional':
      return `optional ${renderFact(fact.element)}`;
    case 'map':
      return `map from ${fact.key} to ${renderFact(fact.value)}`;
    case 'opaque':
      return `opaque ${fact.domain}.${fact.name}`;
    case 'unknown':
      return 'unknown';
  }
}
