import type { Dimension, ValueType } from '../../onnx/model.ts';
import { declaredFact, isSize } from './declared.ts';
import type { Fact, TensorFact } from './fact.ts';
import type { Inference } from './inference.ts';
import { smaller } from './size/extremes.ts';
import { reasonOf, type Size, symbolOf } from './size/size.ts';

/**
 * What a declaration adds to an inferred fact. It binds nobody, so by itself it adds one thing: a size that the data decides is at most the
 * bound that the user gave its declared name. Where declarations are to be trusted they fill in all that is open.
 */
export function refineFact(fact: Fact, type: ValueType, inference: Inference): Fact {
  const { trustDeclarations } = inference.options;
  if (fact.kind === 'unknown') return trustDeclarations ? declaredValue(type, fact.reason, inference) : fact;
  if (fact.kind === 'tensor' && type.kind === 'tensor') return refineTensor(fact, type, inference);
  const isNested =
    (fact.kind === 'sequence' && type.kind === 'sequence') || (fact.kind === 'optional' && type.kind === 'optional');
  if (!isNested || !type.element || !trustDeclarations) return fact;
  return { ...fact, element: refineFact(fact.element, type.element, inference) };
}

function refineTensor(fact: TensorFact, type: Extract<ValueType, { kind: 'tensor' }>, inference: Inference): Fact {
  const { trustDeclarations } = inference.options;
  if (!fact.shape) return trustDeclarations ? declaredValue(type, fact.reason ?? '', inference) : fact;
  const dimensions = type.shape;
  if (!dimensions || fact.shape.every((size) => reasonOf(size) === null)) return fact;
  const refine = trustDeclarations ? filled : bounded;
  return { ...fact, shape: fact.shape.map((size, axis) => refine(size, dimensions[axis] ?? null, inference)) };
}

function bounded(size: Size, dimension: Dimension, inference: Inference): Size {
  const atom = symbolOf(size);
  if (!atom?.reason || typeof dimension !== 'string') return size;
  const bound = inference.sizeOfName(dimension);
  if (typeof bound !== 'number') return size;
  return inference.freshSize(atom.reason, atom.atMost === null ? bound : smaller(atom.atMost, bound));
}

function filled(size: Size, dimension: Dimension, inference: Inference): Size {
  if (reasonOf(size) === null) return size;
  if (typeof dimension === 'string') return inference.sizeOfName(dimension);
  return isSize(dimension) ? dimension : size;
}

/** The declared type taken at its word; `reason` goes with what it leaves open. */
export function declaredValue(type: ValueType, reason: string, inference: Inference): Fact {
  return declaredFact(type, {
    reason,
    sizeOf: (dimension) => {
      if (isSize(dimension)) return dimension;
      return typeof dimension === 'string' ? inference.sizeOfName(dimension) : inference.freshSize(reason);
    },
  });
}
