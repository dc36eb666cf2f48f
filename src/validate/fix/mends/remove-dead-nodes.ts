import type { Graph, LocalFunction, Node } from '../../../onnx/model.ts';
import { counted, firstFew } from '../../rules/describe.ts';
import { nodeLabel } from '../../rules/graph-places.ts';
import { mapGraphs } from '../edit-graphs.ts';
import { filterKept, mapKept, withParts } from '../keep-same.ts';
import type { Mend } from '../mend.ts';
import { namesReadBy } from '../value-names.ts';

export const removeDeadNodes: Mend = {
  rule: 'production/dead-node',
  title: 'Remove nodes that lead to no output',
  apply(model) {
    const removed: string[] = [];
    const withoutDead = mapGraphs(model, (graph) => prune(graph, removed));
    const functions = mapKept(withoutDead.functions, (local) => pruneFunction(local, removed));
    const changes = removed.length === 0 ? [] : [`removed ${counted(removed.length, 'node')}: ${firstFew(removed)}`];
    return { model: withParts(withoutDead, { functions }), changes };
  },
};

function prune(graph: Graph, removed: string[]): Graph {
  const alive = aliveNodes(
    graph.nodes,
    graph.outputs.map(({ name }) => name),
  );
  const nodes = keep(graph.nodes, { alive, removed });
  if (nodes === graph.nodes) return graph;
  const gone = new Set(graph.nodes.filter((node) => !alive.has(node)).flatMap(({ outputs }) => outputs));
  return withParts(graph, { nodes, valueInfos: filterKept(graph.valueInfos, ({ name }) => !gone.has(name)) });
}

function pruneFunction(local: LocalFunction, removed: string[]): LocalFunction {
  const alive = aliveNodes(local.nodes, local.outputs);
  return withParts(local, { nodes: keep(local.nodes, { alive, removed }) });
}

function keep(
  nodes: readonly Node[],
  { alive, removed }: { alive: ReadonlySet<Node>; removed: string[] },
): readonly Node[] {
  for (const [index, node] of nodes.entries()) if (!alive.has(node)) removed.push(nodeLabel(node, index));
  return filterKept(nodes, (node) => alive.has(node));
}

/** The nodes from which an output can be reached, whatever order they stand in. */
function aliveNodes(nodes: readonly Node[], outputs: readonly string[]): ReadonlySet<Node> {
  const producers = new Map<string, Node>();
  for (const node of nodes) for (const name of node.outputs) if (!producers.has(name)) producers.set(name, node);
  const alive = new Set<Node>();
  const waiting = [...outputs];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const node = producers.get(name);
    if (!node || alive.has(node)) continue;
    alive.add(node);
    for (const read of namesReadBy(node)) waiting.push(read);
  }
  return alive;
}
