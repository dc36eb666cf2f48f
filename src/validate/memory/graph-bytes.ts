import type { Graph } from '../../onnx/model.ts';
import { graphsOf } from './execution-order.ts';
import { Recent } from './recent.ts';

/** For each attribute and each weight, whatever its size, beside what a node takes that has neither (measured, in 70 models). */
const PART_BYTES = 1450;

/** For each graph within a graph: its tables of values and its plan of execution (measured, 2 to 700 of them). */
const INNER_GRAPH_BYTES = 9000;

/** For each node, attribute and weight within: every node around it keeps the message that it was read from (measured). */
const COPY_BYTES = 350;

/**
 * What the runtime keeps of a graph and of the graphs within it: names, types, attributes and kernels. All of it lies in small blocks of
 * the heap, which stay behind as holes where the model is let go.
 */
export function graphBytes(graph: CountedGraph, nodeBytes: number): number {
  const { nodes, parts, inner, copies } = countsOf(graph);
  return nodes * nodeBytes + parts * PART_BYTES + inner * INNER_GRAPH_BYTES + copies * COPY_BYTES;
}

/** Nodes of a graph and of the graphs within it. */
export function countNodes(graph: CountedGraph): number {
  return countsOf(graph).nodes;
}

type CountedGraph = Pick<Graph, 'nodes' | 'initializers'>;

interface Counts {
  readonly nodes: number;
  /** Attributes and weights. */
  readonly parts: number;
  /** Graphs within it, at any depth. */
  readonly inner: number;
  /** Nodes and parts of those, once for each node around them. */
  readonly copies: number;
}

function countsOf(graph: CountedGraph): Counts {
  return COUNTS.of(graph, '', () => countOf(graph));
}

const COUNTS = new Recent<CountedGraph, Counts>(1);

function countOf({ nodes, initializers }: CountedGraph): Counts {
  const inner = nodes.flatMap((node) => graphsOf(node).map(countOf));
  const sumOf = (own: number, of: (counts: Counts) => number) => inner.reduce((sum, counts) => sum + of(counts), own);
  return {
    nodes: sumOf(nodes.length, (counts) => counts.nodes),
    parts: sumOf(initializers.length + nodes.reduce(addAttributes, 0), (counts) => counts.parts),
    inner: sumOf(inner.length, (counts) => counts.inner),
    copies: sumOf(0, (counts) => counts.copies + counts.nodes + counts.parts),
  };
}

function addAttributes(sum: number, { attributes }: Graph['nodes'][number]): number {
  return sum + attributes.length;
}
