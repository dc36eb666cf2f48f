import type { Graph, LocalFunction, Node } from '../../onnx/model.ts';
import { isContradictory } from './contradiction.ts';
import type { ShapedGraph } from './shaped-model.ts';

/** What a node runs inside at these sizes: without the branches of an `If` that cannot run at them, where the other one can. */
export function innerThatRuns({ inner }: ShapedGraph, node: Node): readonly ShapedGraph[] {
  const graphs = inner.get(node) ?? [];
  if (node.opType !== 'If') return graphs;
  const able = graphs.filter((graph) => !isRefused(graph));
  return able.length > 0 ? able : graphs;
}

/** The branches that data may choose and that cannot run at these sizes. */
export function refusedBranches(shaped: ShapedGraph): readonly ShapedGraph['graph'][] {
  return [...shaped.inner].flatMap(([node, graphs]) => {
    const running = innerThatRuns(shaped, node);
    const refused = graphs.filter((graph) => graph.isDead !== true && !running.includes(graph));
    return [...refused.map(({ graph }) => graph), ...running.flatMap(refusedBranches)];
  });
}

/** Whether all goes well at these sizes wherever the graph is chosen. */
export function canRun(shaped: ShapedGraph, wanted: Graph | LocalFunction): boolean {
  if (isRefused(shaped)) return false;
  if (shaped.graph === wanted) return shaped.isDead !== true;
  return [...shaped.inner.keys()].some((node) => innerThatRuns(shaped, node).some((graph) => canRun(graph, wanted)));
}

/** What settles has no contradiction in it. */
function isRefused({ values, settled }: ShapedGraph): boolean {
  if (settled) return false;
  for (const [, fact] of values) if (isContradictory(fact)) return true;
  return false;
}
