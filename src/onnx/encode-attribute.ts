import { fileContent } from './content.ts';
import { encodeGraph } from './encode-graph.ts';
import { encodeUnknown } from './encode-parts.ts';
import { encodeSparseTensor, encodeTensor } from './encode-tensor.ts';
import { encodeType } from './encode-type.ts';
import { ATTRIBUTE } from './fields.ts';
import type { Attribute, AttributeValue, Span } from './model.ts';
import { originOf } from './provenance.ts';
import type { WireWriter } from './wire-writer.ts';

/** `AttributeProto`. */
export function encodeAttribute(writer: WireWriter, attribute: Attribute): void {
  const { value } = attribute;
  writer.text(ATTRIBUTE.name, attribute.name);
  // One that takes its value from the function's attribute has a type and, by the specification, no value.
  if (attribute.reference === '' || (attribute.populated?.length ?? 0) > 0) encodeValue(writer, value);
  writer.text(ATTRIBUTE.docString, attribute.docString);
  const type = value.kind === 'undefined' ? (attribute.declaredType ?? 0) : TYPE_CODES[value.kind];
  if (type !== 0) writer.varint(ATTRIBUTE.type, type);
  writer.text(ATTRIBUTE.reference, attribute.reference);
  encodeUnknown(writer, attribute.unknown);
}

/** `AttributeProto.AttributeType` in onnx.proto. */
const TYPE_CODES: Readonly<Record<AttributeValue['kind'], number>> = {
  undefined: 0,
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
  tensors: 9,
  graphs: 10,
  'sparse-tensor': 11,
  'sparse-tensors': 12,
  type: 13,
  types: 14,
};

function encodeValue(writer: WireWriter, value: AttributeValue): void {
  switch (value.kind) {
    case 'undefined':
      return;
    case 'float':
      writer.float(ATTRIBUTE.f, value.value);
      return;
    case 'int':
      writer.varint(ATTRIBUTE.i, value.value);
      return;
    case 'string':
      writer.bytes(ATTRIBUTE.s, value.value);
      return;
    case 'tensor':
      writer.message(ATTRIBUTE.t, value.value, encodeTensor);
      return;
    case 'graph':
      writer.message(ATTRIBUTE.g, value.value, encodeGraph);
      return;
    case 'sparse-tensor':
      writer.message(ATTRIBUTE.sparseTensor, value.value, encodeSparseTensor);
      return;
    case 'type':
      writer.message(ATTRIBUTE.tp, value.value, encodeType);
      return;
    case 'tensors':
      for (const tensor of value.values) writer.message(ATTRIBUTE.tensors, tensor, encodeTensor);
      return;
    case 'graphs':
      for (const graph of value.values) writer.message(ATTRIBUTE.graphs, graph, encodeGraph);
      return;
    case 'sparse-tensors':
      for (const tensor of value.values) writer.message(ATTRIBUTE.sparseTensors, tensor, encodeSparseTensor);
      return;
    case 'types':
      for (const type of value.values) writer.message(ATTRIBUTE.typeProtos, type, encodeType);
      return;
    default:
      encodeList(writer, value);
  }
}

type ListValue = Extract<AttributeValue, { values: () => unknown }>;

/** A list that was read is copied as its records stand in the file; one that an edit made is encoded. */
function encodeList(writer: WireWriter, value: ListValue): void {
  const origin = originOf(value);
  if (origin) {
    for (const run of value.spans as readonly Span[]) writer.append(fileContent(origin.file, run));
    return;
  }
  switch (value.kind) {
    case 'floats':
      for (const item of value.values()) writer.float(ATTRIBUTE.floats, item);
      return;
    case 'ints':
      for (const item of value.values()) writer.varint(ATTRIBUTE.ints, item);
      return;
    case 'strings':
      for (const item of value.values()) writer.bytes(ATTRIBUTE.strings, item);
  }
}
