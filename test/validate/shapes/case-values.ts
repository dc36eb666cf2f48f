import { elementTypeOf } from '../../../src/onnx/element-types.ts';
import type { ElementType, ValueType } from '../../../src/onnx/model.ts';
import { type Element, type Fact, sequenceOf, tensor, unknown } from '../../../src/validate/shapes/fact.ts';

/** A value of a recorded case, as its `.pb` file holds it, with the values of small tensors. */
export function decodeCaseValue(bytes: Uint8Array, type: ValueType | null): Fact {
  if (type?.kind === 'sequence') return decodeSequence(bytes, type.element);
  if (type?.kind === 'optional') return decodeOptional(bytes, type.element);
  if (type?.kind === 'map') return unknown('maps are not compared');
  return decodeTensor(bytes);
}

function decodeSequence(bytes: Uint8Array, element: ValueType | null): Fact {
  const items = fieldsOf(bytes).flatMap(({ number, bytes: content }) => {
    if (content === null || number === 1) return [];
    return [decodeCaseValue(content, element)];
  });
  return sequenceOf(items, items[0] ?? unknown('the sequence is empty'));
}

/** An optional's file holds the optional, but for those that hold the bare value. */
function decodeOptional(bytes: Uint8Array, element: ValueType | null): Fact {
  const fields = fieldsOf(bytes);
  const value = fields.find(({ number, bytes: content }) => number >= 3 && content !== null)?.bytes;
  const isOptional = fields.every(({ number }) => number <= 2 || number === (element?.kind === 'sequence' ? 5 : 3));
  if (
    !isOptional ||
    (element?.kind === 'tensor' && fields.some(({ number, value }) => number === 1 && value !== null))
  ) {
    return decodeCaseValue(bytes, element);
  }
  if (!value) return { kind: 'optional', element: unknown('the optional is empty'), present: false };
  return { kind: 'optional', element: decodeCaseValue(value, element), present: true };
}

interface Field {
  readonly number: number;
  readonly value: bigint | null;
  readonly bytes: Uint8Array | null;
}

function fieldsOf(bytes: Uint8Array): readonly Field[] {
  const fields: Field[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const [number, wire] = [tag >> 3, tag & 7];
    if (wire === 0) fields.push({ number, value: varint(), bytes: null });
    else {
      const length = wire === 2 ? Number(varint()) : wire === 5 ? 4 : 8;
      fields.push({ number, value: null, bytes: bytes.subarray(at, at + length) });
      at += length;
    }
  }
  return fields;
}

function decodeTensor(bytes: Uint8Array): Fact {
  const fields = fieldsOf(bytes);
  const dims = numbers(fields, 1);
  const elementType = elementTypeOf(numbers(fields, 2)[0] ?? 0) ?? 'undefined';
  const raw = fields.find(({ number }) => number === 9)?.bytes;
  const count = dims.reduce((product, size) => product * size, 1);
  const elements = count > 1024 ? null : raw ? rawElements(raw, elementType) : typedElements(fields, elementType);
  return tensor(elementType, dims, elements?.length === count ? elements : null);
}

function numbers(fields: readonly Field[], wanted: number): readonly number[] {
  return fields
    .filter(({ number }) => number === wanted)
    .flatMap(({ value, bytes }) => (value === null ? varints(bytes ?? new Uint8Array()) : [Number(value)]));
}

function varints(bytes: Uint8Array): readonly number[] {
  const values: number[] = [];
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (byte >= 0x80) continue;
    values.push(Number(BigInt.asIntN(64, value)));
    [value, shift] = [0n, 0n];
  }
  return values;
}

const WIDTHS: Partial<
  Readonly<Record<ElementType, readonly [bytes: number, read: (view: DataView, at: number) => number]>>
> = {
  float: [4, (view, at) => view.getFloat32(at, true)],
  double: [8, (view, at) => view.getFloat64(at, true)],
  int64: [8, (view, at) => Number(view.getBigInt64(at, true))],
  uint64: [8, (view, at) => Number(view.getBigUint64(at, true))],
  int32: [4, (view, at) => view.getInt32(at, true)],
  uint32: [4, (view, at) => view.getUint32(at, true)],
  int16: [2, (view, at) => view.getInt16(at, true)],
  uint16: [2, (view, at) => view.getUint16(at, true)],
  int8: [1, (view, at) => view.getInt8(at)],
  uint8: [1, (view, at) => view.getUint8(at)],
  bool: [1, (view, at) => view.getUint8(at)],
};

function rawElements(raw: Uint8Array, type: ElementType): readonly Element[] | null {
  const reader = WIDTHS[type];
  if (!reader) return null;
  const [width, read] = reader;
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Array.from({ length: Math.floor(raw.length / width) }, (_, index) => read(view, index * width));
}

function typedElements(fields: readonly Field[], type: ElementType): readonly Element[] | null {
  if (type === 'int64') return numbers(fields, 7);
  if (type === 'float' || type === 'double') {
    const field = type === 'float' ? 4 : 10;
    return fields
      .filter(({ number }) => number === field)
      .flatMap(({ bytes }) => rawElements(bytes ?? new Uint8Array(), type) ?? []);
  }
  return type in WIDTHS ? numbers(fields, 5) : null;
}
