import type { Attribute, Graph, Model, Node } from '../../onnx/model.ts';
import { mapKept, withParts } from './keep-same.ts';

/** The model with each of its graphs changed, the innermost first; bodies of functions are no graphs, but may hold some. */
export function mapGraphs(model: Model, change: (graph: Graph, isMain: boolean) => Graph): Model {
  const inner = (graph: Graph): Graph => change(withInner(graph), false);
  const withInner = (graph: Graph): Graph =>
    withParts(graph, { nodes: mapKept(graph.nodes, (node) => mapSubgraphs(node, inner)) });
  return withParts(model, {
    graph: change(withInner(model.graph), true),
    functions: mapKept(model.functions, (local) =>
      withParts(local, { nodes: mapKept(local.nodes, (node) => mapSubgraphs(node, inner)) }),
    ),
  });
}

/** A node with each graph in its attributes changed. */
export function mapSubgraphs(node: Node, change: (graph: Graph) => Graph): Node {
  return withParts(node, { attributes: mapKept(node.attributes, (attribute) => mapAttribute(attribute, change)) });
}

function mapAttribute(attribute: Attribute, change: (graph: Graph) => Graph): Attribute {
  const { value } = attribute;
  if (value.kind === 'graph') return withParts(attribute, { value: withParts(value, { value: change(value.value) }) });
  if (value.kind === 'graphs') {
    return withParts(attribute, { value: withParts(value, { values: mapKept(value.values, change) }) });
  }
  return attribute;
}
