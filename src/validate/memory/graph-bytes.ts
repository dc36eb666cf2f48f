import type { Graph } from '../../onnx/model.ts';
import { graphsOf } from './execution-order.ts';
import { Recent } from './recent.ts';

/** For each attribute and each weight, whatever its size, beside what a node takes that has neither (measured, in 70 models). */
const PART_BYTES = 1450;

/**
 * What the runtime keeps of a graph and of the graphs within it: names, types, attributes and kernels. All of it lies in small blocks of
 * the heap, which stay behind as holes where the model is let go.
 */
export function graphBytes(graph: CountedGraph, nodeBytes: number): number {
  const { nodes, parts } = countsOf(graph);
  return nodes * nodeBytes + parts * PART_BYTES;
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
}

function countsOf(graph: CountedGraph): Counts {
  return COUNTS.of(graph, '', () => countOf(graph));
}

const COUNTS = new Recent<CountedGraph, Counts>(1);

function countOf({ nodes, initializers }: CountedGraph): Counts {
  const inner = nodes.flatMap((node) => graphsOf(node).map(countOf));
  return {
    nodes: inner.reduce((sum, counts) => sum + counts.nodes, nodes.length),
    parts: inner.reduce((sum, counts) => sum + counts.parts, initializers.length + nodes.reduce(addAttributes, 0)),
  };
}

function addAttributes(sum: number, { attributes }: Graph['nodes'][number]): number {
  return sum + attributes.length;
}
