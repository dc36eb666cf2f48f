import type { Graph, Node } from '../../onnx/model.ts';
import type { Fact } from '../shapes/fact.ts';
import type { ShapedGraph } from '../shapes/shaped-model.ts';
import { BlockedNodes, type BlockedValue, beginsBlocks } from './blocked-nodes.ts';
import { capturedBy, executionOrder, graphsOf } from './execution-order.ts';
import type { Processor } from './processor.ts';

/** One graph, inferred at the bounds and without them. */
export interface BothShapes {
  readonly shaped: ShapedGraph;
  readonly symbolic: ShapedGraph | undefined;
}

/**
 * The graph as the runtime's layout pass leaves it at level `all`: convolutions, pools and what stands between them work on images
 * whose channels lie in blocks, padded to whole ones, and nodes turn images into that layout and back where others take them.
 */
export function blockedLayout({ shaped, symbolic }: BothShapes, processor: Processor): BothShapes {
  const { graph } = shaped;
  if (!('initializers' in graph) || !graph.nodes.some(beginsBlocks)) return { shaped, symbolic };
  const blocked = new BlockedNodes(shaped, { processor, uses: usesOf(graph) });
  const kept = new Set<Node>();
  for (const node of executionOrder(graph)) if (!blocked.take(node)) kept.add(node);
  if (blocked.values.size === 0) return { shaped, symbolic };
  const nodes = graph.nodes.filter((node) => kept.has(node));
  const read = new Set([
    ...[...nodes, ...blocked.nodes].flatMap((node) => [...node.inputs, ...capturedBy(node)]),
    ...graph.outputs.map(({ name }) => name),
  ]);
  // The runtime adds what turns images back last of all.
  const reordered = { ...graph, nodes: [...nodes, ...blocked.nodes, ...blocked.turnedBack(read)] };
  return {
    shaped: withBlocked(shaped, reordered, blocked.values),
    symbolic: symbolic && withBlocked(symbolic, reordered, blocked.values),
  };
}

/** Whether the pass may have anything to do in a graph or in those within it; where it has not, both profiles run the same nodes. */
export function mayLieInBlocks({ nodes }: Pick<Graph, 'nodes'>): boolean {
  return nodes.some((node) => beginsBlocks(node) || graphsOf(node).some(mayLieInBlocks));
}

function usesOf(graph: Graph): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  const count = (name: string) => uses.set(name, (uses.get(name) ?? 0) + 1);
  for (const node of graph.nodes) for (const name of [...node.inputs, ...capturedBy(node)]) count(name);
  for (const { name } of graph.outputs) count(name);
  return uses;
}

function withBlocked(shaped: ShapedGraph, graph: Graph, blocked: ReadonlyMap<string, BlockedValue>): ShapedGraph {
  const values = new Map(shaped.values);
  for (const { name, of, channels } of blocked.values()) {
    const fact = shaped.values.get(of);
    if (fact) values.set(name, padded(fact, channels));
  }
  return { ...shaped, graph, values };
}

function padded(fact: Fact, channels: number): Fact {
  if (fact.kind !== 'tensor' || fact.shape === null) return fact;
  return { ...fact, shape: fact.shape.map((size, axis) => (axis === 1 ? channels : size)) };
}
