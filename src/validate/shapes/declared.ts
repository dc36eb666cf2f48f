import type { Dimension, ValueType } from '../../onnx/model.ts';
import { type Fact, type SequenceFact, tensor, tensorOfUnknownShape, unknown } from './fact.ts';
import type { Size } from './size/size.ts';

export interface DeclaredOptions {
  /** What a dimension is, by what the file says of it and where it stands. */
  readonly sizeOf: (dimension: Dimension, axis: number) => Size;
  /** Goes with what is not declared. */
  readonly reason: string;
}

/** What the file says of a value, taken at its word. */
export function declaredFact(type: ValueType | null, options: DeclaredOptions): Fact {
  if (type === null) return unknown(options.reason);
  switch (type.kind) {
    case 'tensor':
    case 'sparse-tensor': {
      if (type.shape === null) return { ...tensorOfUnknownShape(type.elementType, options.reason), kind: type.kind };
      return { ...tensor(type.elementType, type.shape.map(options.sizeOf)), kind: type.kind };
    }
    case 'sequence':
      return {
        kind: 'sequence',
        element: declaredFact(type.element, options),
        length: null,
        items: null,
      } satisfies SequenceFact;
    case 'optional':
      return { kind: 'optional', element: declaredFact(type.element, options), present: null };
    case 'map':
      return { kind: 'map', key: type.key, value: declaredFact(type.value, options) };
    case 'opaque':
      return type;
  }
}

/** How a declaration and what was inferred exclude each other, or `null` where both can be true. */
export function disagreement(
  declared: ValueType,
  inferred: Fact,
): 'kind' | 'element type' | 'rank' | 'dimension' | null {
  if (inferred.kind === 'unknown') return null;
  if (declared.kind !== inferred.kind) return 'kind';
  switch (declared.kind) {
    case 'tensor':
    case 'sparse-tensor':
      return inferred.kind === declared.kind ? disagreementOfTensors(declared, inferred) : 'kind';
    case 'sequence':
    case 'optional':
      return inferred.kind === declared.kind && declared.element
        ? disagreement(declared.element, inferred.element)
        : null;
    case 'map':
      return inferred.kind === 'map' && declared.key !== inferred.key ? 'element type' : null;
    case 'opaque':
      return null;
  }
}

type DeclaredTensor = Extract<ValueType, { readonly kind: 'tensor' | 'sparse-tensor' }>;
type InferredTensor = Extract<Fact, { readonly kind: 'tensor' | 'sparse-tensor' }>;

function disagreementOfTensors(
  declared: DeclaredTensor,
  inferred: InferredTensor,
): 'element type' | 'rank' | 'dimension' | null {
  const isTyped = declared.elementType !== 'undefined' && inferred.elementType !== 'undefined';
  if (isTyped && declared.elementType !== inferred.elementType) return 'element type';
  const { shape } = inferred;
  if (declared.shape === null || shape === null) return null;
  if (declared.shape.length !== shape.length) return 'rank';
  const differs = declared.shape.some((dimension, axis) => {
    const size = shape[axis];
    return isSize(dimension) && typeof size === 'number' && dimension !== size;
  });
  return differs ? 'dimension' : null;
}

/** Some exporters write -1 for a dimension that they leave open. */
export function isSize(dimension: Dimension | undefined): dimension is number {
  return typeof dimension === 'number' && dimension >= 0;
}

/** A declared type as people write it. */
export function renderDeclared(type: ValueType | null): string {
  if (type === null) return 'nothing';
  switch (type.kind) {
    case 'tensor':
    case 'sparse-tensor':
      return `${type.elementType}${type.shape === null ? '[…]' : `[${type.shape.map((size) => size ?? '?').join(', ')}]`}`;
    case 'sequence':
    case 'optional':
      return `${type.kind} of ${renderDeclared(type.element)}`;
    case 'map':
      return `map from ${type.key} to ${renderDeclared(type.value)}`;
    case 'opaque':
      return `opaque ${type.domain}.${type.name}`;
  }
}
