import type { Graph, Node } from '../../onnx/model.ts';

/**
 * The nodes, each after those that make its inputs. The specification wants the file to be in such an order, onnxruntime
 * does not; nodes in a cycle keep their places, at the end.
 */
export function orderNodes(nodes: readonly Node[]): readonly Node[] {
  const makers = new Map<string, number>();
  nodes.forEach((node, index) => {
    for (const output of node.outputs) if (output !== '') makers.set(output, index);
  });
  if (isInOrder(nodes, makers)) return nodes;
  return sortByNeed(nodes, makers);
}

function isInOrder(nodes: readonly Node[], makers: ReadonlyMap<string, number>): boolean {
  return nodes.every((node, index) => !needsOf(node).some((name) => (makers.get(name) ?? -1) >= index));
}

/** Kahn's algorithm; among nodes that are ready the first in the file comes first. */
function sortByNeed(nodes: readonly Node[], makers: ReadonlyMap<string, number>): readonly Node[] {
  const users: number[][] = nodes.map(() => []);
  const missing = nodes.map((node, index) => {
    const needed = new Set(needsOf(node).flatMap((name) => makers.get(name) ?? []));
    for (const maker of needed) users[maker]?.push(index);
    return needed.size;
  });
  const order: number[] = [];
  for (const [index, count] of missing.entries()) if (count === 0) order.push(index);
  for (let at = 0; at < order.length; at++) {
    for (const user of users[order[at] ?? 0] ?? []) {
      missing[user] = (missing[user] ?? 0) - 1;
      if (missing[user] === 0) order.push(user);
    }
  }
  const placed = new Set(order);
  return [...order, ...[...nodes.keys()].filter((index) => !placed.has(index))].flatMap((index) => nodes[index] ?? []);
}

/** The graphs that a node has as attributes. */
export function graphsOf(node: Node): readonly Graph[] {
  if (!node.attributes.some(({ value }) => value.kind === 'graph' || value.kind === 'graphs')) return NO_GRAPHS;
  return node.attributes.flatMap(({ value }) =>
    value.kind === 'graph' ? [value.value] : value.kind === 'graphs' ? value.values : [],
  );
}

const NO_GRAPHS: readonly Graph[] = [];

/** Inputs, and what subgraphs take from around them. */
function needsOf(node: Node): readonly string[] {
  const graphs = graphsOf(node);
  return graphs.length === 0 ? node.inputs : [...node.inputs, ...graphs.flatMap(capturedBy)];
}

function capturedBy(graph: Graph): readonly string[] {
  const own = new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.initializers.map(({ name }) => name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
  return [...graph.nodes.flatMap(needsOf), ...graph.outputs.map(({ name }) => name)].filter(
    (name) => name !== '' && !own.has(name),
  );
}
