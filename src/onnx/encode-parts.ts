import { ENTRY } from './fields.ts';
import type { Metadata, UnknownFields } from './model.ts';
import type { WireWriter } from './wire-writer.ts';

export function encodeMetadata(writer: WireWriter, field: { readonly tag: number; readonly metadata: Metadata }): void {
  for (const entry of field.metadata) encodeEntry(writer, { tag: field.tag, entry });
}

/** `StringStringEntryProto`. */
export function encodeEntry(
  writer: WireWriter,
  field: { readonly tag: number; readonly entry: readonly [key: string, value: string] },
): void {
  const [key, value] = field.entry;
  writer.inner(field.tag, (inner) => {
    inner.string(ENTRY.key, key);
    inner.string(ENTRY.value, value);
  });
}

export function encodeUnknown(writer: WireWriter, unknown: UnknownFields | undefined): void {
  for (const record of unknown ?? []) writer.raw(record);
}
