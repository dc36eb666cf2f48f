import type { Graph, Model, Node } from '../../onnx/model.ts';
import { graphPlaces, subgraphsOf } from '../rules/graph-places.ts';
import { mapSubgraphs } from './edit-graphs.ts';
import { mapKept, withParts } from './keep-same.ts';

/** What the nodes and the outputs of a graph read, inside their subgraphs as well. */
export function namesRead(graph: Graph): ReadonlySet<string> {
  const names = new Set(graph.outputs.map(({ name }) => name));
  for (const node of graph.nodes) for (const name of namesReadBy(node)) names.add(name);
  return names;
}

/** What a node reads from around it, itself and inside the subgraphs that it carries. */
export function namesReadBy(node: Node): ReadonlySet<string> {
  const names = new Set(node.inputs);
  const waiting = [...subgraphsOf(node)].map(([, graph]) => graph);
  for (let graph = waiting.pop(); graph; graph = waiting.pop()) {
    for (const { name } of graph.outputs) names.add(name);
    for (const inner of graph.nodes) {
      for (const name of inner.inputs) names.add(name);
      for (const [, deeper] of subgraphsOf(inner)) waiting.push(deeper);
    }
  }
  names.delete('');
  return names;
}

/**
 * The graph with values read under other names, inside subgraphs as well, wherever these do not define the name anew. What
 * the graph itself gives out keeps its name.
 */
export function renameReads(graph: Graph, names: ReadonlyMap<string, string>): Graph {
  return withParts(graph, { nodes: mapKept(graph.nodes, (node) => renameNode(node, names)) });
}

function renameNode(node: Node, names: ReadonlyMap<string, string>): Node {
  if (names.size === 0) return node;
  const inputs = mapKept(node.inputs, (name) => names.get(name) ?? name);
  return mapSubgraphs(withParts(node, { inputs }), (graph) => renameInside(graph, names));
}

function renameInside(graph: Graph, names: ReadonlyMap<string, string>): Graph {
  const defined = definedNames(graph);
  const visible = new Map([...names].filter(([name]) => !defined.has(name)));
  // An output of a subgraph is matched by its place, so that a value from outside may be given out under its new name.
  const outputs = mapKept(graph.outputs, (output) =>
    withParts(output, { name: visible.get(output.name) ?? output.name }),
  );
  return withParts(renameReads(graph, visible), { outputs });
}

/** Names that a graph defines itself. */
export function definedNames(graph: Graph): ReadonlySet<string> {
  return new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.initializers.map(({ name }) => name),
    ...graph.sparseInitializers.map(({ values }) => values.name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
}

/** Finds names that nothing in the model has, each time another. */
export function freshNames(model: Model): (wanted: string) => string {
  const taken = new Set<string>();
  for (const { graph, nodes } of graphPlaces(model)) {
    if (graph) for (const name of definedNames(graph)) taken.add(name);
    for (const node of nodes) for (const name of [node.name, ...node.inputs, ...node.outputs]) taken.add(name);
  }
  return (wanted) => {
    let name = wanted;
    for (let copy = 2; taken.has(name); copy += 1) name = `${wanted}_${copy}`;
    taken.add(name);
    return name;
  };
}
