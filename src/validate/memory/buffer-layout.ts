import type { Graph, LocalFunction, Node } from '../../onnx/model.ts';
import { allocateBuffers, type Buffer } from './allocate-buffers.ts';
import { executionOrder } from './execution-order.ts';
import { isSized, type SizeLookup } from './value-sizes.ts';

/** Which buffers a run of a graph makes, when, and until when. */
export interface BufferLayout {
  readonly order: readonly Node[];
  readonly outputs: ReadonlySet<string>;
  /** Those that nodes make, in the order in which they do; other lists name them by their places in this one. */
  readonly buffers: readonly Buffer[];
  /** For each node. */
  readonly made: readonly (readonly number[])[];
  readonly freed: readonly (readonly number[])[];
}

export type RunGraph = Pick<Graph, 'nodes' | 'initializers'> & {
  readonly outputs: readonly { readonly name: string }[];
};

/** A function of the model stands for its nodes; it has no weights of its own. */
export function runGraph(graph: Graph | LocalFunction): RunGraph {
  if ('initializers' in graph) return graph;
  return { nodes: graph.nodes, initializers: [], outputs: graph.outputs.map((name) => ({ name })) };
}

export function bufferLayout(graph: RunGraph, sizes: SizeLookup): BufferLayout {
  const order = executionOrder(graph).filter(({ opType, domain }) => opType !== 'Constant' || domain !== '');
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const samenessOf = (name: string) => {
    const size = sizes(name);
    return isSized(size) ? size.sameness : null;
  };
  const byName = allocateBuffers({ order, outputs, samenessOf });
  const buffers: Buffer[] = [];
  const freed: number[][] = order.map(() => []);
  const made = order.map((node) => {
    const places: number[] = [];
    for (const name of node.outputs) {
      const buffer = byName.get(name);
      if (!buffer || buffer.root !== name || buffer.kind === 'given') continue;
      if (buffer.lastUse !== null) freed[buffer.lastUse]?.push(buffers.length);
      places.push(buffers.length);
      buffers.push(buffer);
    }
    return places;
  });
  return { order, outputs, buffers, made, freed };
}
