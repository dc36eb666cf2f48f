import { encodeAttribute } from './encode-attribute.ts';
import { encodeMetadata, encodeUnknown } from './encode-parts.ts';
import { NODE, OPSET } from './fields.ts';
import type { Node, OpsetImport } from './model.ts';
import type { WireWriter } from './wire-writer.ts';

/** `NodeProto`. */
export function encodeNode(writer: WireWriter, node: Node): void {
  for (const name of node.inputs) writer.string(NODE.input, name);
  for (const name of node.outputs) writer.string(NODE.output, name);
  writer.text(NODE.name, node.name);
  writer.text(NODE.opType, node.opType);
  for (const attribute of node.attributes) writer.message(NODE.attribute, attribute, encodeAttribute);
  writer.text(NODE.docString, node.docString);
  writer.text(NODE.domain, node.domain);
  writer.text(NODE.overload, node.overload);
  encodeMetadata(writer, { tag: NODE.metadata, metadata: node.metadata });
  for (const bytes of node.deviceConfigurations ?? []) writer.bytes(NODE.deviceConfigurations, bytes);
  encodeUnknown(writer, node.unknown);
}

/** `OperatorSetIdProto`. */
export function encodeOpset(writer: WireWriter, opset: OpsetImport): void {
  // The default domain is written although it is empty: some readers take an import without a domain for none at all.
  writer.string(OPSET.domain, opset.domain);
  writer.varint(OPSET.version, opset.version);
  encodeUnknown(writer, opset.unknown);
}
