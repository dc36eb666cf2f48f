import { COST } from './limits.ts';
import { decodeElements, type ListRecords, readElements } from './list-records.ts';
import type { AttributeValue } from './model.ts';
import type { Reading } from './reading.ts';
import type { WireReader } from './wire-reader.ts';

type ListKind = 'floats' | 'ints' | 'strings';
type ItemOf = { readonly floats: number; readonly ints: bigint; readonly strings: Uint8Array };

/** The value of a list attribute: short lists are decoded at once, long ones when somebody asks for their values. */
export function decodeList<K extends ListKind>(
  reading: Reading,
  records: ListRecords | undefined,
  of: { readonly kind: K; readonly read: (wire: WireReader) => ItemOf[K] },
): AttributeValue {
  const { wire } = reading;
  if (records === undefined) return listOf(of.kind, []);
  const source = { field: records.field, runs: records.runs, read: of.read };
  if (records.isShort) {
    const items = decodeElements(wire, source).slice();
    wire.charge(items.length * COST.number);
    return listOf(of.kind, items);
  }
  const identity = wire.file.identity;
  const value = {
    kind: of.kind,
    count: records.counter()(),
    spans: records.runs,
    values: () => readElements(identity, source),
  };
  const [first] = records.runs;
  return (first ? reading.locate(value, first) : value) as AttributeValue;
}

function listOf(kind: ListKind, items: readonly unknown[]): AttributeValue {
  return { kind, count: items.length, spans: NO_SPANS, values: () => items } as AttributeValue;
}

const NO_SPANS: readonly never[] = [];
