import type { Graph, Node } from '../../onnx/model.ts';
import { Recent } from './recent.ts';

/**
 * The order in which onnxruntime runs the nodes of a graph (`GraphViewer`, default order): a depth-first walk from the leaves
 * against the edges, inputs pushed by ascending place in the file, a node after all that it needs.
 */
export function executionOrder(graph: Pick<Graph, 'nodes'>): readonly Node[] {
  return ORDERS.of(graph, '', () => orderOf(graph));
}

const ORDERS = new Recent<Pick<Graph, 'nodes'>, readonly Node[]>(1);

function orderOf({ nodes }: Pick<Graph, 'nodes'>): readonly Node[] {
  const needs = needsOfNodes(nodes);
  const needed = new Set(needs.flat());
  const stack = nodes.flatMap((_, index) => (needed.has(index) ? [] : [{ index, leaving: false }]));
  const visited = new Set<number>();
  const order: Node[] = [];
  for (let entry = stack.pop(); entry; entry = stack.pop()) {
    const { index, leaving } = entry;
    if (leaving) {
      const node = nodes[index];
      if (node) order.push(node);
      continue;
    }
    if (visited.has(index)) continue;
    visited.add(index);
    stack.push({ index, leaving: true });
    for (const need of needs[index] ?? []) if (!visited.has(need)) stack.push({ index: need, leaving: false });
  }
  return order;
}

/** For each node the places of those that make what it takes, ascending. */
export function needsOfNodes(nodes: readonly Node[]): readonly (readonly number[])[] {
  const makers = new Map<string, number>();
  nodes.forEach((node, index) => {
    for (const output of node.outputs) if (output !== '') makers.set(output, index);
  });
  return nodes.map((node) => needsOf(node, makers));
}

function needsOf(node: Node, makers: ReadonlyMap<string, number>): readonly number[] {
  const found = new Set<number>();
  for (const name of [...node.inputs, ...capturedBy(node)]) {
    const maker = makers.get(name);
    if (maker !== undefined) found.add(maker);
  }
  return [...found].sort((a, b) => a - b);
}

/** Names that the subgraphs of a node take from around them. */
export function capturedBy(node: Node): readonly string[] {
  const graphs = graphsOf(node);
  return graphs.length === 0 ? [] : [...new Set(graphs.flatMap(freeNames))];
}

export function graphsOf({ attributes }: Node): readonly Graph[] {
  // Asked of every node again and again, and hardly any has one.
  if (!attributes.some(({ value }) => value.kind === 'graph' || value.kind === 'graphs')) return NO_GRAPHS;
  return attributes.flatMap(({ value }) =>
    value.kind === 'graph' ? [value.value] : value.kind === 'graphs' ? value.values : [],
  );
}

const NO_GRAPHS: readonly Graph[] = [];

function freeNames(graph: Graph): readonly string[] {
  const own = new Set([
    ...graph.inputs.map(({ name }) => name),
    ...graph.initializers.map(({ name }) => name),
    ...graph.nodes.flatMap(({ outputs }) => outputs),
  ]);
  return [
    ...graph.nodes.flatMap((node) => [...node.inputs, ...capturedBy(node)]),
    ...graph.outputs.map(({ name }) => name),
  ].filter((name) => name !== '' && !own.has(name));
}
