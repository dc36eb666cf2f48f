import { decodeElementType } from './decode-type.ts';
import { elementTypeOf } from './element-types.ts';
import { SPARSE_TENSOR, TENSOR, TENSOR_LISTS } from './fields.ts';
import { COST, EAGER_RAW_BYTES } from './limits.ts';
import { ListRecords } from './list-records.ts';
import type { Metadata, Span, SparseTensor, Tensor, TensorData, TypedField } from './model.ts';
import { rememberBytes } from './provenance.ts';
import { NO_METADATA, type Reading } from './reading.ts';

const EXTERNAL = 1;
const TYPED_FIELDS = Object.keys(TENSOR_LISTS) as readonly TypedField[];

type Place = TypedField | 'raw_data' | 'external_data';

/** What a `TensorProto` says about its data while it is read. */
interface Storage {
  raw: Span | null;
  readonly typed: Partial<Record<TypedField, ListRecords>>;
  readonly entries: (readonly [string, string])[];
  location: number;
}

/** `TensorProto`, its data left in the file. */
export function decodeTensor(reading: Reading, spans: readonly Span[]): Tensor {
  const { wire } = reading;
  wire.charge(COST.tensor);
  let name = '';
  let code = 0;
  let docString = '';
  let metadata: Metadata = NO_METADATA;
  const dims: number[] = [];
  const unknown: Uint8Array[] = [];
  const storage: Storage = { raw: null, typed: {}, entries: [], location: 0 };
  wire.each(spans, (tag) => {
    switch (tag) {
      case TENSOR.dims:
      case TENSOR.dimsPacked:
        return decodeDims(reading, { tag, packedTag: TENSOR.dimsPacked, dims });
      case TENSOR.dataType:
        code = wire.int32();
        return;
      case TENSOR.name:
        name = reading.text();
        return;
      case TENSOR.rawData:
        storage.raw = wire.span();
        return;
      case TENSOR.docString:
        docString = reading.text();
        return;
      case TENSOR.externalData:
        storage.entries.push(reading.entry());
        return;
      case TENSOR.dataLocation:
        storage.location = wire.int32();
        return;
      case TENSOR.metadata:
        metadata = reading.addEntry(metadata);
        return;
      default:
        if (!takeTyped(reading, storage, tag)) unknown.push(wire.unknown(tag, COST.bytes));
    }
  });
  const [place, ...alsoStoredIn] = placesOf(storage);
  const span = spans[0] ?? { offset: 0, length: 0 };
  const tensor: Tensor = {
    name,
    elementType: decodeElementType(reading, code),
    dims: reading.compact(dims),
    data: keepSmall(reading, reading.locate(dataAt(place, storage), span)),
    docString,
    metadata,
    span,
    ...(elementTypeOf(code) === null && { elementTypeCode: code }),
    ...(alsoStoredIn.length > 0 && { alsoStoredIn }),
    ...(unknown.length > 0 && { unknown }),
  };
  return reading.keep(tensor, spans);
}

/** `SparseTensorProto`. */
export function decodeSparseTensor(reading: Reading, spans: readonly Span[]): SparseTensor {
  const { wire } = reading;
  wire.charge(COST.tensor);
  let values: Span[] = [];
  let indices: Span[] = [];
  const dims: number[] = [];
  const unknown: Uint8Array[] = [];
  wire.each(spans, (tag) => {
    switch (tag) {
      case SPARSE_TENSOR.values:
        values = reading.piece(values, 'the values of a sparse tensor');
        return;
      case SPARSE_TENSOR.indices:
        indices = reading.piece(indices, 'the indices of a sparse tensor');
        return;
      case SPARSE_TENSOR.dims:
      case SPARSE_TENSOR.dimsPacked:
        return decodeDims(reading, { tag, packedTag: SPARSE_TENSOR.dimsPacked, dims });
      default:
        unknown.push(wire.unknown(tag, COST.bytes));
    }
  });
  const tensor: SparseTensor = {
    values: reading.wire.below(() => decodeTensor(reading, values)),
    indices: reading.wire.below(() => decodeTensor(reading, indices)),
    dims,
    ...(unknown.length > 0 && { unknown }),
  };
  return reading.keep(tensor, spans);
}

function decodeDims(reading: Reading, field: { tag: number; packedTag: number; dims: number[] }): void {
  const { wire } = reading;
  const read = (): void => {
    wire.charge(COST.number);
    field.dims.push(wire.integer());
  };
  if (field.tag === field.packedTag) wire.packed(read);
  else read();
}

function takeTyped(reading: Reading, storage: Storage, tag: number): boolean {
  const field = FIELD_OF_TAG.get(tag);
  if (field === undefined) return false;
  let records = storage.typed[field];
  if (!records) {
    records = new ListRecords(reading.wire, TENSOR_LISTS[field]);
    storage.typed[field] = records;
  }
  return records.take(tag);
}

const FIELD_OF_TAG: ReadonlyMap<number, TypedField> = new Map(
  TYPED_FIELDS.flatMap((field) => {
    const { tag, packedTag } = TENSOR_LISTS[field];
    return packedTag === undefined ? [[tag, field] as const] : [[tag, field] as const, [packedTag, field] as const];
  }),
);

/** Every place that holds data, first the one that runtimes read: external if so declared, else raw, else typed. */
function placesOf(storage: Storage): readonly Place[] {
  const typed = TYPED_FIELDS.filter((field) => storage.typed[field]);
  const raw: readonly Place[] = storage.raw ? ['raw_data'] : [];
  if (storage.location === EXTERNAL) return ['external_data', ...raw, ...typed];
  const external: readonly Place[] = storage.entries.length > 0 ? ['external_data'] : [];
  return raw.length + typed.length === 0 && external.length > 0 ? [] : [...raw, ...typed, ...external];
}

function dataAt(place: Place | undefined, storage: Storage): TensorData {
  if (place === undefined) return { kind: 'none' };
  if (place === 'external_data') return externalData(storage.entries);
  if (place === 'raw_data') return { kind: 'raw', ...(storage.raw ?? { offset: 0, length: 0 }) };
  const records = storage.typed[place];
  if (!records) return { kind: 'none' };
  const count = records.counter();
  return {
    kind: 'typed',
    field: place,
    get count() {
      return count();
    },
    spans: records.runs,
  };
}

function keepSmall(reading: Reading, data: TensorData): TensorData {
  if (data.kind !== 'raw' || data.length > EAGER_RAW_BYTES) return data;
  reading.wire.charge(COST.bytes + data.length);
  return rememberBytes(data, reading.wire.copy(data));
}

function externalData(entries: readonly (readonly [string, string])[]): TensorData {
  const values = new Map(entries);
  const length = values.get('length');
  const checksum = values.get('checksum');
  return {
    kind: 'external',
    location: values.get('location') ?? '',
    offset: integerOf(values.get('offset') ?? '0'),
    ...(length !== undefined && { length: integerOf(length) }),
    ...(checksum !== undefined && { checksum }),
    entries,
  };
}

function integerOf(text: string): number {
  return /^-?\d{1,20}$/.test(text) ? Number(text) : -1;
}
