import { fileContent } from './content.ts';
import { ELEMENT_TYPES } from './element-types.ts';
import { encodeEntry, encodeMetadata, encodeUnknown } from './encode-parts.ts';
import { SPARSE_TENSOR, TENSOR, TENSOR_LISTS } from './fields.ts';
import type { SparseTensor, Tensor, TensorData } from './model.ts';
import type { WireWriter } from './wire-writer.ts';

const EXTERNAL = 1;

/** `TensorProto`. */
export function encodeTensor(writer: WireWriter, tensor: Tensor): void {
  for (const size of tensor.dims) writer.varint(TENSOR.dims, size);
  writer.varint(TENSOR.dataType, tensor.elementTypeCode ?? ELEMENT_TYPES[tensor.elementType].code);
  writer.text(TENSOR.name, tensor.name);
  const inline = writer.inlineDataOf(tensor);
  if (inline) writer.content(TENSOR.rawData, inline);
  else encodeData(writer, tensor.data);
  writer.text(TENSOR.docString, tensor.docString);
  encodeMetadata(writer, { tag: TENSOR.metadata, metadata: tensor.metadata });
  encodeUnknown(writer, tensor.unknown);
}

/** `SparseTensorProto`. */
export function encodeSparseTensor(writer: WireWriter, tensor: SparseTensor): void {
  writer.message(SPARSE_TENSOR.values, tensor.values, encodeTensor);
  writer.message(SPARSE_TENSOR.indices, tensor.indices, encodeTensor);
  for (const size of tensor.dims) writer.varint(SPARSE_TENSOR.dims, size);
  encodeUnknown(writer, tensor.unknown);
}

function encodeData(writer: WireWriter, data: TensorData): void {
  switch (data.kind) {
    case 'none':
      return;
    case 'memory':
      writer.bytes(TENSOR.rawData, data.bytes);
      return;
    case 'memory-strings':
      for (const value of data.values) writer.bytes(TENSOR_LISTS.string_data.tag, value);
      return;
    case 'raw':
      writer.content(TENSOR.rawData, fileContent(writer.fileOf(data), data));
      return;
    case 'typed':
      for (const run of data.spans) writer.append(fileContent(writer.fileOf(data), run));
      return;
    case 'external':
      encodeExternal(writer, data);
  }
}

const NAMED_KEYS: ReadonlySet<string> = new Set(['location', 'offset', 'length', 'checksum']);

function encodeExternal(writer: WireWriter, data: Extract<TensorData, { kind: 'external' }>): void {
  const entries: [string, string][] = [['location', data.location]];
  const hasOffset = data.offset !== 0 || (data.entries?.some(([key]) => key === 'offset') ?? false);
  if (hasOffset) entries.push(['offset', String(data.offset)]);
  if (data.length !== undefined) entries.push(['length', String(data.length)]);
  if (data.checksum !== undefined) entries.push(['checksum', data.checksum]);
  const others = (data.entries ?? []).filter(([key]) => !NAMED_KEYS.has(key));
  for (const entry of [...entries, ...others]) encodeEntry(writer, { tag: TENSOR.externalData, entry });
  writer.varint(TENSOR.dataLocation, EXTERNAL);
}
