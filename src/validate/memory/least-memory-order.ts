import type { Graph, Model, Node } from '../../onnx/model.ts';
import type { Profile } from '../runtime/session-options.ts';
import { inferShapes } from '../shapes/infer-shapes.ts';
import type { ShapedModel } from '../shapes/shaped-model.ts';
import { mayLieInBlocks } from './blocked-layout.ts';
import { blockedName } from './blocked-nodes.ts';
import { needsOfNodes } from './execution-order.ts';
import { countNodes } from './graph-bytes.ts';
import { loading } from './held-filters.ts';
import { processorOf } from './processor.ts';
import { type NodeFacts, type Score, searchOrder } from './search-order.ts';
import { simulateRun } from './simulate-run.ts';
import { Unknowns } from './unknowns.ts';
import { isSized, sizesOf } from './value-sizes.ts';

export interface LeastMemoryOrder {
  readonly nodes: readonly Node[];
  /** What one run holds at its peak, as the plan predicts it: in the order of the file, and in this one. */
  readonly fileOrderBytes: number;
  readonly bytes: number;
}

/** Less than this is within what pages and the plan round away, and no reason to move a node. */
const LEAST_GAIN_BYTES = 64 * 2 ** 10;
const LEAST_GAIN_SHARE = 0.005;

/** Nodes whose run may be simulated in one search: about a second, whatever the graph. */
const SIMULATED_NODES = 50_000;
/** How much longer it takes where each order is laid out in blocks first (measured). */
const BLOCKED_COST = 4;
/** More have found nothing more in any model of the corpus. */
const MOST_SIMULATIONS = 80;

/**
 * An order of a graph's nodes in which the runtime needs less memory to run it at the bounds, where one is found: the same one on
 * every machine. The runtime makes its own order from the file's, and it makes one anew of that where it lays images out, with
 * branches the other way round: so each candidate is judged by what the runtime would make of it under the profile. `null` where there
 * is none, or where the plan does not know what the graph needs.
 */
export function leastMemoryOrder(
  model: Model,
  { bounds, profile }: { readonly bounds: ReadonlyMap<string, number>; readonly profile: Profile },
): LeastMemoryOrder | null {
  const { nodes } = model.graph;
  const needs = needsOfNodes(nodes);
  const cost =
    simulationCost(model.graph, needs) *
    (loading(profile, model).inBlocks && mayLieInBlocks(model.graph) ? BLOCKED_COST : 1);
  const simulations = Math.min(MOST_SIMULATIONS, Math.floor(SIMULATED_NODES / cost));
  if (simulations < 2 || !needs.some(({ length }) => length > 1)) return null;
  const shaped = inferShapes(model, { bounds });
  const judge = judgeOf(shaped, { symbolic: inferShapes(model), profile });
  const inFile = judge(nodes);
  if (inFile === null) return null;
  const best = searchOrder(factsOf(shaped, needs), { start: inFile, judge: judgeByPlaces(nodes, judge), simulations });
  const gain = inFile.bytes - best.score.bytes;
  if (gain < Math.max(LEAST_GAIN_BYTES, LEAST_GAIN_SHARE * inFile.bytes)) return null;
  return { nodes: inOrder(nodes, best.order), fileOrderBytes: inFile.bytes, bytes: best.score.bytes };
}

/** Not those of a calibration, nor of the machine at hand: the order goes into the lock, and must outlast both. */
const SETTINGS = { threads: 2, processor: processorOf('x86-64 AVX2') };

type Judge = (nodes: readonly Node[]) => Score | null;

/** Simulates the first run and later ones, which lay buffers out anew; `null` where something is not known. */
function judgeOf(
  shaped: ShapedModel,
  { symbolic, profile }: { readonly symbolic: ShapedModel; readonly profile: Profile },
): Judge {
  const settings = { ...SETTINGS, ...loading(profile, shaped.model) };
  return (nodes) => {
    const unknowns = new Unknowns();
    const graph: Graph = { ...shaped.model.graph, nodes };
    const run = simulateRun({ shaped: { ...shaped, graph }, symbolic, settings, unknowns });
    if (!unknowns.isEmpty) return null;
    const [first, later] = [run.first.largest(), run.later.largest()];
    if (first === null || later === null) return null;
    const most = first.bytes > later.bytes ? first : later;
    return {
      bytes: most.bytes,
      otherBytes: first.bytes + later.bytes - most.bytes,
      peak: placeOf(most.moment.node, nodes),
    };
  };
}

/** Of the node in the file that another one stands for, where images lie in blocks. */
function placeOf({ outputs: [made = ''] }: Node, nodes: readonly Node[]): number {
  return nodes.findIndex(({ outputs }) => outputs.some((name) => name === made || blockedName(name) === made));
}

/** The peak of a candidate is the place of a node in the file, as all else in a search. */
function judgeByPlaces(nodes: readonly Node[], judge: Judge): (order: readonly number[]) => Score | null {
  return (order) => {
    const score = judge(inOrder(nodes, order));
    return score === null ? null : { ...score, peak: order[score.peak] ?? 0 };
  };
}

function inOrder(nodes: readonly Node[], order: readonly number[]): readonly Node[] {
  return order.flatMap((place) => nodes[place] ?? []);
}

function factsOf(shaped: ShapedModel, needs: readonly (readonly number[])[]): readonly NodeFacts[] {
  const sizes = sizesOf(shaped, undefined);
  const bytesOf = (name: string): number => {
    const size = name === '' ? null : sizes(name);
    return isSized(size) ? size.bytes : 0;
  };
  const { nodes } = shaped.model.graph;
  return nodes.map((node, place) => ({
    needs: needs[place] ?? [],
    bytes: node.outputs.reduce((sum, name) => sum + bytesOf(name), 0),
  }));
}

/** In nodes: those of subgraphs too, and what it takes to find room among all that is held, where much is held at once. */
function simulationCost(graph: Graph, needs: readonly (readonly number[])[]): number {
  const lastUses = new Map<number, number>();
  needs.forEach((places, user) => {
    for (const place of places) lastUses.set(place, user);
  });
  let waiting = 0;
  for (const [place, user] of lastUses) waiting += user - place;
  return countNodes(graph) + waiting / HELD_PER_NODE;
}

/** Looking at so many held values takes as long as simulating one node (measured). */
const HELD_PER_NODE = 500;
