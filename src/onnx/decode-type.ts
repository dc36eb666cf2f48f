import { elementTypeOf } from './element-types.ts';
import { DIMENSION, ELEMENT_OF, MAP_TYPE, OPAQUE_TYPE, SHAPE, TENSOR_TYPE, TYPE } from './fields.ts';
import { COST } from './limits.ts';
import type { Dimension, ElementType, Shape, Span, ValueType } from './model.ts';
import type { Reading } from './reading.ts';

/** `TypeProto`; `null` where it names no kind of type. */
export function decodeType(reading: Reading, spans: readonly Span[]): ValueType | null {
  const { wire } = reading;
  wire.charge(COST.type);
  return reading.keepIfDropping(spans, () => {
    let kind = 0;
    let pieces: Span[] = [];
    wire.each(spans, (tag) => {
      if (!(tag in DECODERS)) return reading.drop(tag);
      // Of a `oneof` the last kind stands; pieces of the same kind merge.
      if (tag !== kind) pieces = [];
      kind = tag;
      pieces = reading.piece(pieces, 'a type');
    });
    const decode = DECODERS[kind];
    return decode ? reading.merged(pieces, decode) : null;
  });
}

const DECODERS: Readonly<Record<number, (reading: Reading, spans: readonly Span[]) => ValueType>> = {
  [TYPE.tensor]: (reading, spans) => ({ kind: 'tensor', ...decodeTensorType(reading, spans) }),
  [TYPE.sparseTensor]: (reading, spans) => ({ kind: 'sparse-tensor', ...decodeTensorType(reading, spans) }),
  [TYPE.sequence]: (reading, spans) => ({ kind: 'sequence', element: decodeElement(reading, spans) }),
  [TYPE.optional]: (reading, spans) => ({ kind: 'optional', element: decodeElement(reading, spans) }),
  [TYPE.map]: decodeMap,
  [TYPE.opaque]: decodeOpaque,
};

/** The element type with this number; a number without a name becomes `undefined` and is told. */
export function decodeElementType(reading: Reading, code: number): ElementType {
  const name = elementTypeOf(code);
  if (name === null) reading.note('unknown-element-type', `there is no element type with the number ${code}`);
  return name ?? 'undefined';
}

function decodeTensorType(reading: Reading, spans: readonly Span[]): { elementType: ElementType; shape: Shape } {
  const { wire } = reading;
  let elementType: ElementType = 'undefined';
  let shapes: Span[] = [];
  wire.each(spans, (tag) => {
    if (tag === TENSOR_TYPE.elementType) elementType = decodeElementType(reading, wire.int32());
    else if (tag === TENSOR_TYPE.shape) shapes = reading.piece(shapes, 'a shape');
    else reading.drop(tag);
  });
  return { elementType, shape: reading.merged(shapes, decodeShape) };
}

function decodeShape(reading: Reading, spans: readonly Span[]): Shape {
  const { wire } = reading;
  return reading.keepIfDropping(spans, () => {
    const dimensions: Dimension[] = [];
    wire.each(spans, (tag) => {
      if (tag === SHAPE.dimension) dimensions.push(decodeDimension(reading, [wire.keptSpan(COST.dimension)]));
      else reading.drop(tag);
    });
    return dimensions.slice();
  });
}

function decodeDimension(reading: Reading, spans: readonly Span[]): Dimension {
  const { wire } = reading;
  let dimension: Dimension = null;
  wire.each(spans, (tag) => {
    if (tag === DIMENSION.value) dimension = wire.integer();
    else if (tag === DIMENSION.parameter) dimension = reading.text() || null;
    else reading.drop(tag);
  });
  return dimension;
}

function decodeElement(reading: Reading, spans: readonly Span[]): ValueType | null {
  let elements: Span[] = [];
  reading.wire.each(spans, (tag) => {
    if (tag === ELEMENT_OF.element) elements = reading.piece(elements, 'a type of elements');
    else reading.drop(tag);
  });
  return reading.merged(elements, decodeType);
}

function decodeMap(reading: Reading, spans: readonly Span[]): ValueType {
  const { wire } = reading;
  let key: ElementType = 'undefined';
  let values: Span[] = [];
  wire.each(spans, (tag) => {
    if (tag === MAP_TYPE.key) key = decodeElementType(reading, wire.int32());
    else if (tag === MAP_TYPE.value) values = reading.piece(values, 'a type of values');
    else reading.drop(tag);
  });
  return { kind: 'map', key, value: reading.merged(values, decodeType) };
}

function decodeOpaque(reading: Reading, spans: readonly Span[]): ValueType {
  let domain = '';
  let name = '';
  reading.wire.each(spans, (tag) => {
    if (tag === OPAQUE_TYPE.domain) domain = reading.text();
    else if (tag === OPAQUE_TYPE.name) name = reading.text();
    else reading.drop(tag);
  });
  return { kind: 'opaque', domain, name };
}
