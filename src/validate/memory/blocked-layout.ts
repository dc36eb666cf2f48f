import { isSameList } from '../../nouns/same-list.ts';
import type { Graph, Node } from '../../onnx/model.ts';
import type { Fact } from '../shapes/fact.ts';
import type { ShapedGraph } from '../shapes/shaped-model.ts';
import { BlockedNodes, type BlockedValue, beginsBlocks, type DimsLookup } from './blocked-nodes.ts';
import { capturedBy, executionOrder, graphsOf } from './execution-order.ts';
import type { Processor } from './processor.ts';
import { Recent } from './recent.ts';
import { isSized, sizesOf } from './value-sizes.ts';

/** One graph, inferred at the bounds and without them. */
export interface BothShapes {
  readonly shaped: ShapedGraph;
  readonly symbolic: ShapedGraph | undefined;
}

/**
 * The graph as the runtime's layout pass leaves it at level `all`: convolutions, pools and what stands between them work on images
 * whose channels lie in blocks, padded to whole ones, and nodes turn images into that layout and back where others take them. Those
 * that turn back come in an order of chance (that of a hash table of addresses), by which branches run one way round or the other: the
 * graph comes both ways where they run otherwise.
 */
export function blockedLayout({ shaped, symbolic }: BothShapes, processor: Processor): readonly BothShapes[] {
  const sizes = sizesOf(shaped, undefined);
  const dimsOf: DimsLookup = (name) => {
    const size = sizes(name);
    return isSized(size) && size.elementType === 'float' ? size.dims : null;
  };
  const pass = layInBlocks(shaped, { processor, dimsOf });
  if (pass === null) return [{ shaped, symbolic }];
  return pass.graphs.map((graph) => ({
    shaped: withBlocked(shaped, pass, graph),
    symbolic: symbolic && withBlocked(symbolic, pass, graph),
  }));
}

/**
 * The same for a graph without bounds; `null` where the pass does one thing at some bounds and another at others. Processors with which
 * it does the same share what it gives.
 */
export function blockedAtAnyBounds(symbolic: ShapedGraph, processor: Processor): readonly ShapedGraph[] | null {
  const known = AT_ANY_BOUNDS.of(symbolic, '', () => []);
  const same = known.find(({ channelBlock }) => channelBlock === processor.channelBlock);
  if (same) return same.ways;
  const dimsOf: DimsLookup = (name) => {
    const fact = symbolic.values.get(name);
    return fact?.kind === 'tensor' && fact.elementType === 'float' ? fact.shape : null;
  };
  const pass = layInBlocks(symbolic, { processor, dimsOf });
  const like = known.find((other) => isSamePass(other.pass, pass));
  const ways = like ? like.ways : waysOf(symbolic, pass);
  known.push({ channelBlock: processor.channelBlock, pass, ways });
  return ways;
}

function waysOf(symbolic: ShapedGraph, pass: Pass | null): readonly ShapedGraph[] | null {
  if (pass === null) return [symbolic];
  return pass.dependsOnBounds ? null : pass.graphs.map((graph) => withBlocked(symbolic, pass, graph));
}

interface PassAtAnyBounds {
  readonly channelBlock: number;
  readonly pass: Pass | null;
  readonly ways: readonly ShapedGraph[] | null;
}

const AT_ANY_BOUNDS = new Recent<ShapedGraph, PassAtAnyBounds[]>(1);

/** Whether two passes over one graph leave the same nodes and images of the same channels. */
function isSamePass(a: Pass | null, b: Pass | null): boolean {
  if (a === null || b === null) return a === b;
  if (a.dependsOnBounds !== b.dependsOnBounds || a.graphs.length !== b.graphs.length) return false;
  return (
    a.blocked.size === b.blocked.size &&
    [...a.blocked].every(([key, value]) => isSameValue(value, b.blocked.get(key))) &&
    a.graphs.every((graph, way) => isSameList(graph.nodes, b.graphs[way]?.nodes ?? [], isSameNode))
  );
}

function isSameValue(a: BlockedValue, b: BlockedValue | undefined): boolean {
  return a.name === b?.name && a.of === b.of && a.channels === b.channels;
}

function isSameNode(a: Node, b: Node): boolean {
  if (a === b) return true;
  const isSameKernel = a.opType === b.opType && a.domain === b.domain && a.name === b.name;
  return (
    isSameKernel &&
    (a.attributes === b.attributes || a.attributes.length + b.attributes.length === 0) &&
    isSameList(a.inputs, b.inputs) &&
    isSameList(a.outputs, b.outputs)
  );
}

/** What the pass makes of a graph. */
interface Pass {
  /** One, or both ways round. */
  readonly graphs: readonly Graph[];
  readonly blocked: ReadonlyMap<string, BlockedValue>;
  readonly dependsOnBounds: boolean;
}

function layInBlocks(
  { graph }: ShapedGraph,
  facts: { readonly processor: Processor; readonly dimsOf: DimsLookup },
): Pass | null {
  if (!('initializers' in graph) || !graph.nodes.some(beginsBlocks)) return null;
  const blocked = new BlockedNodes(graph, { ...facts, uses: usesOf(graph) });
  const kept = new Set<Node>();
  for (const node of executionOrder(graph)) if (!blocked.take(node)) kept.add(node);
  const { values, dependsOnBounds } = blocked;
  if (values.size === 0 && !dependsOnBounds) return null;
  const nodes = graph.nodes.filter((node) => kept.has(node));
  const read = new Set(graph.outputs.map(({ name }) => name));
  for (const node of [...nodes, ...blocked.nodes]) for (const name of allUsesOf(node)) read.add(name);
  // The runtime adds what turns images back last of all.
  const turnedBack = blocked.turnedBack(read);
  const ways = [turnedBack, turnedBack.toReversed()].map((last) => ({
    ...graph,
    nodes: [...nodes, ...blocked.nodes, ...last],
  }));
  return { graphs: runAlike(ways) ? ways.slice(0, 1) : ways, blocked: values, dependsOnBounds };
}

function runAlike(ways: readonly Graph[]): boolean {
  // The first last, so that its order is the one that is known when it is run.
  const [one = [], other = []] = ways.toReversed().map(executionOrder);
  return isSameList(one, other);
}

/** Whether the pass may have anything to do in a graph or in those within it; where it has not, both profiles run the same nodes. */
export function mayLieInBlocks(graph: Pick<Graph, 'nodes'>): boolean {
  return MAY_LIE.of(graph, '', () =>
    graph.nodes.some((node) => beginsBlocks(node) || graphsOf(node).some(mayLieInBlocks)),
  );
}

const MAY_LIE = new Recent<Pick<Graph, 'nodes'>, boolean>(1);

function usesOf(graph: Graph): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  const count = (name: string) => uses.set(name, (uses.get(name) ?? 0) + 1);
  for (const node of graph.nodes) for (const name of allUsesOf(node)) count(name);
  for (const { name } of graph.outputs) count(name);
  return uses;
}

function allUsesOf(node: Node): readonly string[] {
  const captured = capturedBy(node);
  return captured.length === 0 ? node.inputs : [...node.inputs, ...captured];
}

function withBlocked(shaped: ShapedGraph, { blocked }: Pass, graph: Graph): ShapedGraph {
  const { settled: _, ...rest } = shaped;
  const values = new Map(shaped.values);
  for (const { name, of, channels } of blocked.values()) {
    const fact = shaped.values.get(of);
    if (fact) values.set(name, padded(fact, channels));
  }
  return { ...rest, graph, values };
}

function padded(fact: Fact, channels: number): Fact {
  if (fact.kind !== 'tensor' || fact.shape === null) return fact;
  return { ...fact, shape: fact.shape.map((size, axis) => (axis === 1 ? channels : size)) };
}
