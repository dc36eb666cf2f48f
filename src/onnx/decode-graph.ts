import { decodeNode } from './decode-node.ts';
import { decodeSparseTensor, decodeTensor } from './decode-tensor.ts';
import { decodeValueInfo } from './decode-value-info.ts';
import { ANNOTATION, GRAPH } from './fields.ts';
import { COST } from './limits.ts';
import type { Graph, Metadata, Node, QuantizationAnnotation, Span, SparseTensor, Tensor, ValueInfo } from './model.ts';
import { NO_METADATA, type Reading } from './reading.ts';

/** `GraphProto`. */
export function decodeGraph(reading: Reading, spans: readonly Span[]): Graph {
  const { wire } = reading;
  wire.charge(COST.graph);
  let name = '';
  let docString = '';
  let metadata: Metadata = NO_METADATA;
  const nodes: Node[] = [];
  const initializers: Tensor[] = [];
  const sparseInitializers: SparseTensor[] = [];
  const inputs: ValueInfo[] = [];
  const outputs: ValueInfo[] = [];
  const valueInfos: ValueInfo[] = [];
  const quantizationAnnotations: QuantizationAnnotation[] = [];
  const unknown: Uint8Array[] = [];
  wire.each(spans, (tag) => {
    switch (tag) {
      case GRAPH.node:
        nodes.push(decodeNode(reading, [wire.span()]));
        return;
      case GRAPH.name:
        name = reading.text();
        return;
      case GRAPH.initializer:
        initializers.push(decodeTensor(reading, [wire.span()]));
        return;
      case GRAPH.docString:
        docString = reading.text();
        return;
      case GRAPH.input:
        inputs.push(decodeValueInfo(reading, [wire.span()]));
        return;
      case GRAPH.output:
        outputs.push(decodeValueInfo(reading, [wire.span()]));
        return;
      case GRAPH.valueInfo:
        valueInfos.push(decodeValueInfo(reading, [wire.span()]));
        return;
      case GRAPH.quantizationAnnotation:
        quantizationAnnotations.push(decodeAnnotation(reading, [wire.span()]));
        return;
      case GRAPH.sparseInitializer:
        sparseInitializers.push(decodeSparseTensor(reading, [wire.span()]));
        return;
      case GRAPH.metadata:
        metadata = reading.addEntry(metadata);
        return;
      default:
        unknown.push(wire.unknown(tag, COST.bytes));
    }
  });
  const graph: Graph = {
    name,
    nodes: reading.compact(nodes),
    initializers: reading.compact(initializers),
    sparseInitializers: reading.compact(sparseInitializers),
    inputs: reading.compact(inputs),
    outputs: reading.compact(outputs),
    valueInfos: reading.compact(valueInfos),
    quantizationAnnotations: reading.compact(quantizationAnnotations),
    docString,
    metadata,
    unknown: reading.compact(unknown),
  };
  return reading.keep(graph, spans);
}

function decodeAnnotation(reading: Reading, spans: readonly Span[]): QuantizationAnnotation {
  const { wire } = reading;
  wire.charge(COST.valueInfo);
  let tensorName = '';
  let parameters: Metadata = NO_METADATA;
  const unknown: Uint8Array[] = [];
  wire.each(spans, (tag) => {
    if (tag === ANNOTATION.tensorName) tensorName = reading.text();
    else if (tag === ANNOTATION.parameters) parameters = reading.addEntry(parameters);
    else unknown.push(wire.unknown(tag, COST.bytes));
  });
  return reading.keep({ tensorName, parameters, ...(unknown.length > 0 && { unknown }) }, spans);
}
