import { decodeType } from './decode-type.ts';
import { VALUE_INFO } from './fields.ts';
import { COST } from './limits.ts';
import type { Metadata, Span, ValueInfo } from './model.ts';
import { NO_METADATA, type Reading } from './reading.ts';

/** `ValueInfoProto`. */
export function decodeValueInfo(reading: Reading, spans: readonly Span[]): ValueInfo {
  const { wire } = reading;
  wire.charge(COST.valueInfo);
  let name = '';
  let docString = '';
  let metadata: Metadata = NO_METADATA;
  let types: Span[] = [];
  const unknown: Uint8Array[] = [];
  wire.each(spans, (tag) => {
    if (tag === VALUE_INFO.name) name = reading.text();
    else if (tag === VALUE_INFO.type) types = reading.piece(types, 'the type of a value');
    else if (tag === VALUE_INFO.docString) docString = reading.text();
    else if (tag === VALUE_INFO.metadata) metadata = reading.addEntry(metadata);
    else unknown.push(wire.unknown(tag, COST.bytes));
  });
  const type = reading.merged(types, decodeType);
  return reading.keep({ name, type, docString, metadata, unknown: reading.compact(unknown) }, spans);
}
