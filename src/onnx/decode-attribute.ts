import { decodeGraph } from './decode-graph.ts';
import { decodeList } from './decode-list.ts';
import { decodeSparseTensor, decodeTensor } from './decode-tensor.ts';
import { decodeType } from './decode-type.ts';
import { ATTRIBUTE, ATTRIBUTE_LISTS } from './fields.ts';
import { COST } from './limits.ts';
import { ListRecords } from './list-records.ts';
import type { Attribute, AttributeValue, Graph, Span, SparseTensor, Tensor, ValueType } from './model.ts';
import type { Reading } from './reading.ts';

/** The value fields of an `AttributeProto` as they come in; most have one. */
interface Values {
  f?: number;
  i?: bigint;
  s?: Uint8Array;
  t?: Span[];
  g?: Span[];
  sparse_tensor?: Span[];
  tp?: Span[];
  floats?: ListRecords;
  ints?: ListRecords;
  strings?: ListRecords;
  tensors?: Tensor[];
  graphs?: Graph[];
  sparse_tensors?: SparseTensor[];
  type_protos?: ValueType[];
}

type ValueField = keyof Values;

/** `AttributeProto`. */
export function decodeAttribute(reading: Reading, spans: readonly Span[]): Attribute {
  const { wire } = reading;
  wire.charge(COST.attribute);
  let name = '';
  let reference = '';
  let docString = '';
  let declaredType = 0;
  const unknown: Uint8Array[] = [];
  const values: Values = {};
  wire.each(spans, (tag) => {
    switch (tag) {
      case ATTRIBUTE.name:
        name = reading.text();
        return;
      case ATTRIBUTE.reference:
        reference = reading.text();
        return;
      case ATTRIBUTE.docString:
        docString = reading.text();
        return;
      case ATTRIBUTE.type:
        declaredType = wire.int32();
        return;
      default:
        if (!takeValue(reading, values, tag)) unknown.push(wire.unknown(tag, COST.bytes));
    }
  });
  const populated = populatedOf(values);
  const field =
    FIELD_OF_TYPE[declaredType] ?? (declaredType === 0 && populated.length === 1 ? populated[0] : undefined);
  const value = field === undefined ? NO_VALUE : BUILDERS[field](reading, values);
  const attribute = {
    name,
    reference,
    docString,
    value,
    declaredType,
    populated,
    unknown: reading.compact(unknown),
  };
  // An attribute with one value of its declared type is encoded again as it was; others would lose what they say too much.
  return declaredType !== 0 && populated.length === 1 ? attribute : reading.keep(attribute, spans);
}

function populatedOf(values: Values): readonly ValueField[] {
  const fields = Object.keys(values) as ValueField[];
  const [field] = fields;
  if (field === undefined) return [];
  return fields.length === 1 ? ALONE[field] : FIELDS.filter((name) => name in values);
}

function takeValue(reading: Reading, values: Values, tag: number): boolean {
  const { wire } = reading;
  switch (tag) {
    case ATTRIBUTE.f:
      values.f = wire.float();
      return true;
    case ATTRIBUTE.i:
      values.i = wire.int64();
      return true;
    case ATTRIBUTE.s:
      values.s = wire.bytes(COST.bytes);
      return true;
    case ATTRIBUTE.t:
      values.t = reading.piece(values.t, 'the tensor of an attribute');
      return true;
    case ATTRIBUTE.g:
      values.g = reading.piece(values.g, 'the graph of an attribute');
      return true;
    case ATTRIBUTE.sparseTensor:
      values.sparse_tensor = reading.piece(values.sparse_tensor, 'the sparse tensor of an attribute');
      return true;
    case ATTRIBUTE.tp:
      values.tp = reading.piece(values.tp, 'the type of an attribute');
      return true;
    case ATTRIBUTE.tensors:
      values.tensors = added(values.tensors, decodeTensor(reading, [wire.span()]));
      return true;
    case ATTRIBUTE.graphs:
      values.graphs = added(values.graphs, decodeGraph(reading, [wire.span()]));
      return true;
    case ATTRIBUTE.sparseTensors:
      values.sparse_tensors = added(values.sparse_tensors, decodeSparseTensor(reading, [wire.span()]));
      return true;
    case ATTRIBUTE.typeProtos: {
      const type = decodeType(reading, [wire.span()]);
      if (type) values.type_protos = added(values.type_protos, type);
      return true;
    }
    default:
      return takeList(reading, values, tag);
  }
}

function added<T>(list: T[] | undefined, item: T): T[] {
  if (list === undefined) return [item];
  list.push(item);
  return list;
}

function takeList(reading: Reading, values: Values, tag: number): boolean {
  const name = LIST_OF_TAG[tag];
  if (name === undefined) return false;
  const records = values[name] ?? new ListRecords(reading.wire, ATTRIBUTE_LISTS[name]);
  records.take(tag);
  if (!records.isEmpty) values[name] = records;
  return true;
}

const LIST_OF_TAG: Readonly<Record<number, keyof typeof ATTRIBUTE_LISTS>> = {
  [ATTRIBUTE.floats]: 'floats',
  [ATTRIBUTE.floatsPacked]: 'floats',
  [ATTRIBUTE.ints]: 'ints',
  [ATTRIBUTE.intsPacked]: 'ints',
  [ATTRIBUTE.strings]: 'strings',
};

/** `AttributeProto.AttributeType` in onnx.proto, and the field that each type reads. */
const FIELD_OF_TYPE: Readonly<Record<number, ValueField>> = {
  1: 'f',
  2: 'i',
  3: 's',
  4: 't',
  5: 'g',
  6: 'floats',
  7: 'ints',
  8: 'strings',
  9: 'tensors',
  10: 'graphs',
  11: 'sparse_tensor',
  12: 'sparse_tensors',
  13: 'tp',
  14: 'type_protos',
};

const FIELDS = Object.values(FIELD_OF_TYPE);
const ALONE = Object.fromEntries(FIELDS.map((field) => [field, [field]])) as unknown as Readonly<
  Record<ValueField, readonly ValueField[]>
>;
const NO_VALUE: AttributeValue = { kind: 'undefined' };

/** A scalar that is absent has protobuf's default; a message that is absent is no value. */
const BUILDERS: Readonly<Record<ValueField, (reading: Reading, values: Values) => AttributeValue>> = {
  f: (_, { f }) => ({ kind: 'float', value: f ?? 0 }),
  i: (_, { i }) => ({ kind: 'int', value: i ?? 0n }),
  s: (_, { s }) => ({ kind: 'string', value: s ?? new Uint8Array() }),
  t: (reading, { t }) => orNone(reading.merged(t, decodeTensor), (value) => ({ kind: 'tensor', value })),
  g: (reading, { g }) => orNone(reading.merged(g, decodeGraph), (value) => ({ kind: 'graph', value })),
  sparse_tensor: (reading, { sparse_tensor: spans }) =>
    orNone(reading.merged(spans, decodeSparseTensor), (value) => ({ kind: 'sparse-tensor', value })),
  tp: (reading, { tp }) => orNone(reading.merged(tp, decodeType), (value) => ({ kind: 'type', value })),
  floats: (reading, { floats }) => decodeList(reading, floats, { kind: 'floats', read: (wire) => wire.float() }),
  ints: (reading, { ints }) => decodeList(reading, ints, { kind: 'ints', read: (wire) => wire.int64() }),
  strings: (reading, { strings }) => decodeList(reading, strings, { kind: 'strings', read: (wire) => wire.bytes(0) }),
  tensors: (_, { tensors }) => ({ kind: 'tensors', values: tensors ?? [] }),
  graphs: (_, { graphs }) => ({ kind: 'graphs', values: graphs ?? [] }),
  sparse_tensors: (_, { sparse_tensors: values }) => ({ kind: 'sparse-tensors', values: values ?? [] }),
  type_protos: (_, { type_protos: values }) => ({ kind: 'types', values: values ?? [] }),
};

function orNone<T>(value: T | null, wrap: (value: T) => AttributeValue): AttributeValue {
  return value === null ? NO_VALUE : wrap(value);
}
