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
  const isNeeded = new Uint8Array(nodes.length);
  for (const places of needs) for (const need of places) isNeeded[need] = 1;
  const isVisited = new Uint8Array(nodes.length);
  const order: Node[] = [];
  // Places of nodes; below zero, and one less, of those that are left again.
  const stack: number[] = [];
  for (let index = 0; index < nodes.length; index++) if (isNeeded[index] === 0) stack.push(index);
  for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) {
    if (entry < 0) {
      order.push(nodes[-1 - entry] as Node);
      continue;
    }
    if (isVisited[entry] === 1) continue;
    isVisited[entry] = 1;
    stack.push(-1 - entry);
    for (const need of needs[entry] ?? []) if (isVisited[need] === 0) stack.push(need);
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
  for (const name of usesOf(node)) {
    const maker = makers.get(name);
    if (maker !== undefined) found.add(maker);
  }
  return found.size < 2 ? [...found] : [...found].sort((a, b) => a - b);
}

/** Names of what a node takes: its inputs that are given, and what its subgraphs take from around them. */
export function usesOf(node: Node): readonly string[] {
  const known = USES.get(node);
  if (known) return known;
  const given = node.inputs.includes('') ? node.inputs.filter((name) => name !== '') : node.inputs;
  const captured = capturedBy(node);
  const uses = captured.length === 0 ? given : [...given, ...captured];
  USES.set(node, uses);
  return uses;
}

/** Nodes never change. */
const USES = new WeakMap<Node, readonly string[]>();

/** A graph and those within its nodes, however deep. */
export function allGraphs(graph: Graph): readonly Graph[] {
  return [graph, ...graph.nodes.flatMap((node) => graphsOf(node).flatMap(allGraphs))];
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
  return [...graph.nodes.flatMap(usesOf), ...graph.outputs.map(({ name }) => name)].filter(
    (name) => name !== '' && !own.has(name),
  );
}
