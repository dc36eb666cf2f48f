import { type Content, fileContent, Sources } from './content.ts';
import { encodeAttribute } from './encode-attribute.ts';
import { encodeGraph, encodeValueInfo } from './encode-graph.ts';
import { encodeNode, encodeOpset } from './encode-node.ts';
import { encodeMetadata, encodeUnknown } from './encode-parts.ts';
import { FUNCTION, MODEL } from './fields.ts';
import type { LocalFunction, Model, Tensor } from './model.ts';
import { modelFile } from './model-file.ts';
import { originOf } from './provenance.ts';
import { WireWriter } from './wire-writer.ts';

const NOTHING_MOVED: ReadonlyMap<Tensor, Content> = new Map();

/**
 * A model as the contents of its file: what was read and left alone is taken from its file when the contents are copied.
 * Tensors in `inline` get these bytes as their raw data.
 */
export function modelContents(model: Model, inline = NOTHING_MOVED): readonly Content[] {
  const origin = originOf(model);
  if (origin) return [fileContent(origin.file, origin.span)];
  const writer = new WireWriter({ fileOf: (part) => modelFile(model, part), inline });
  encodeModelFields(writer, model);
  return writer.contents();
}

/** The bytes of a model that fits in memory. */
export function encodeModel(model: Model): Uint8Array {
  const contents = modelContents(model);
  const bytes = new Uint8Array(contents.reduce((sum, { length }) => sum + length, 0));
  let used = 0;
  const put = (chunk: Uint8Array): void => {
    bytes.set(chunk, used);
    used += chunk.length;
  };
  Sources.using((sources) => {
    for (const content of contents) content.copyTo(put, sources);
  });
  return bytes;
}

function encodeModelFields(writer: WireWriter, model: Model): void {
  writer.varint(MODEL.irVersion, model.irVersion);
  writer.text(MODEL.producerName, model.producerName);
  writer.text(MODEL.producerVersion, model.producerVersion);
  writer.text(MODEL.domain, model.domain);
  if (model.modelVersion !== 0n) writer.varint(MODEL.modelVersion, model.modelVersion);
  writer.text(MODEL.docString, model.docString);
  writer.message(MODEL.graph, model.graph, encodeGraph);
  for (const opset of model.opsetImports) writer.message(MODEL.opsetImport, opset, encodeOpset);
  encodeMetadata(writer, { tag: MODEL.metadata, metadata: model.metadata });
  for (const span of model.trainingInfo ?? [])
    writer.content(MODEL.trainingInfo, fileContent(writer.fileOf(span), span));
  for (const local of model.functions) writer.message(MODEL.functions, local, encodeFunction);
  for (const bytes of model.deviceConfigurations ?? []) writer.bytes(MODEL.configuration, bytes);
  encodeUnknown(writer, model.unknown);
}

function encodeFunction(writer: WireWriter, local: LocalFunction): void {
  writer.text(FUNCTION.name, local.name);
  for (const name of local.inputs) writer.string(FUNCTION.input, name);
  for (const name of local.outputs) writer.string(FUNCTION.output, name);
  for (const name of local.attributes) writer.string(FUNCTION.attribute, name);
  for (const node of local.nodes) writer.message(FUNCTION.node, node, encodeNode);
  writer.text(FUNCTION.docString, local.docString);
  for (const opset of local.opsetImports) writer.message(FUNCTION.opsetImport, opset, encodeOpset);
  writer.text(FUNCTION.domain, local.domain);
  for (const attribute of local.attributeDefaults) {
    writer.message(FUNCTION.attributeDefaults, attribute, encodeAttribute);
  }
  for (const info of local.valueInfos) writer.message(FUNCTION.valueInfo, info, encodeValueInfo);
  writer.text(FUNCTION.overload, local.overload);
  encodeMetadata(writer, { tag: FUNCTION.metadata, metadata: local.metadata });
  encodeUnknown(writer, local.unknown);
}
