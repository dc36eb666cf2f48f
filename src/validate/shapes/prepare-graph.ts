import type { Graph, LocalFunction, Node, ValueType } from '../../onnx/model.ts';
import { orderNodes } from './order-nodes.ts';

/** What is found out about a graph before it is walked. */
export interface PreparedGraph {
  readonly nodes: readonly Node[];
  /** What the graph declares of the values that its nodes make. */
  readonly declared: ReadonlyMap<string, ValueType>;
}

export function prepareGraph(graph: Graph | LocalFunction): PreparedGraph {
  const declared = new Map<string, ValueType>();
  // What a function says of its inner values holds for the types of one call only.
  if ('initializers' in graph) {
    for (const { name, type } of [...graph.valueInfos, ...graph.outputs]) if (type) declared.set(name, type);
  }
  return { nodes: orderNodes(graph.nodes), declared };
}
