import { ELEMENT_TYPES } from './element-types.ts';
import { DIMENSION, ELEMENT_OF, MAP_TYPE, OPAQUE_TYPE, SHAPE, TENSOR_TYPE, TYPE } from './fields.ts';
import type { Dimension, ElementType, Shape, ValueType } from './model.ts';
import type { WireWriter } from './wire-writer.ts';

type Kind = ValueType['kind'];
type OfKind<K extends Kind> = Extract<ValueType, { kind: K }>;

/** `TypeProto`. */
export function encodeType(writer: WireWriter, type: ValueType): void {
  const encode = ENCODERS[type.kind] as (writer: WireWriter, type: ValueType) => void;
  encode(writer, type);
}

const ENCODERS: { readonly [K in Kind]: (writer: WireWriter, type: OfKind<K>) => void } = {
  tensor: (writer, type) => writer.inner(TYPE.tensor, (inner) => encodeTensorType(inner, type)),
  'sparse-tensor': (writer, type) => writer.inner(TYPE.sparseTensor, (inner) => encodeTensorType(inner, type)),
  sequence: (writer, { element }) => writer.inner(TYPE.sequence, (inner) => encodeElement(inner, element)),
  optional: (writer, { element }) => writer.inner(TYPE.optional, (inner) => encodeElement(inner, element)),
  map: (writer, { key, value }) =>
    writer.inner(TYPE.map, (inner) => {
      inner.varint(MAP_TYPE.key, ELEMENT_TYPES[key].code);
      if (value) inner.message(MAP_TYPE.value, value, encodeType);
    }),
  opaque: (writer, { domain, name }) =>
    writer.inner(TYPE.opaque, (inner) => {
      inner.text(OPAQUE_TYPE.domain, domain);
      inner.text(OPAQUE_TYPE.name, name);
    }),
};

function encodeTensorType(writer: WireWriter, type: { elementType: ElementType; shape: Shape }): void {
  writer.varint(TENSOR_TYPE.elementType, ELEMENT_TYPES[type.elementType].code);
  if (type.shape) writer.message(TENSOR_TYPE.shape, type.shape, encodeShape);
}

function encodeElement(writer: WireWriter, element: ValueType | null): void {
  if (element) writer.message(ELEMENT_OF.element, element, encodeType);
}

function encodeShape(writer: WireWriter, shape: readonly Dimension[]): void {
  for (const dimension of shape) writer.inner(SHAPE.dimension, (inner) => encodeDimension(inner, dimension));
}

function encodeDimension(writer: WireWriter, dimension: Dimension): void {
  if (typeof dimension === 'number') writer.varint(DIMENSION.value, dimension);
  else if (dimension !== null) writer.string(DIMENSION.parameter, dimension);
}
