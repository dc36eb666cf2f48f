import { encodeNode } from './encode-node.ts';
import { encodeMetadata, encodeUnknown } from './encode-parts.ts';
import { encodeSparseTensor, encodeTensor } from './encode-tensor.ts';
import { encodeType } from './encode-type.ts';
import { ANNOTATION, GRAPH, VALUE_INFO } from './fields.ts';
import type { Graph, QuantizationAnnotation, ValueInfo } from './model.ts';
import type { WireWriter } from './wire-writer.ts';

/** `GraphProto`. */
export function encodeGraph(writer: WireWriter, graph: Graph): void {
  for (const node of graph.nodes) writer.message(GRAPH.node, node, encodeNode);
  writer.text(GRAPH.name, graph.name);
  for (const tensor of graph.initializers) writer.message(GRAPH.initializer, tensor, encodeTensor);
  writer.text(GRAPH.docString, graph.docString);
  for (const input of graph.inputs) writer.message(GRAPH.input, input, encodeValueInfo);
  for (const output of graph.outputs) writer.message(GRAPH.output, output, encodeValueInfo);
  for (const info of graph.valueInfos) writer.message(GRAPH.valueInfo, info, encodeValueInfo);
  for (const annotation of graph.quantizationAnnotations) {
    writer.message(GRAPH.quantizationAnnotation, annotation, encodeAnnotation);
  }
  for (const tensor of graph.sparseInitializers) writer.message(GRAPH.sparseInitializer, tensor, encodeSparseTensor);
  encodeMetadata(writer, { tag: GRAPH.metadata, metadata: graph.metadata });
  encodeUnknown(writer, graph.unknown);
}

/** `ValueInfoProto`. */
export function encodeValueInfo(writer: WireWriter, info: ValueInfo): void {
  writer.text(VALUE_INFO.name, info.name);
  if (info.type) writer.message(VALUE_INFO.type, info.type, encodeType);
  writer.text(VALUE_INFO.docString, info.docString);
  encodeMetadata(writer, { tag: VALUE_INFO.metadata, metadata: info.metadata });
  encodeUnknown(writer, info.unknown);
}

function encodeAnnotation(writer: WireWriter, annotation: QuantizationAnnotation): void {
  writer.text(ANNOTATION.tensorName, annotation.tensorName);
  encodeMetadata(writer, { tag: ANNOTATION.parameters, metadata: annotation.parameters });
  encodeUnknown(writer, annotation.unknown);
}
