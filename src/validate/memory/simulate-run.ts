import type { LiveTensor } from '../../nouns/memory-facts.ts';
import type { Graph, LocalFunction, Node } from '../../onnx/model.ts';
import type { ShapedGraph } from '../shapes/shaped-model.ts';
import { allocateBuffers, type Buffer } from './allocate-buffers.ts';
import { blockBytes } from './block-bytes.ts';
import { blockedLayout } from './blocked-layout.ts';
import { controlFlowScratch } from './control-flow.ts';
import { executionOrder } from './execution-order.ts';
import { Kernel, type KernelSettings, type WeightLookup } from './kernel.ts';
import { PatternPlanner } from './memory-pattern.ts';
import { Recent } from './recent.ts';
import { reuseRule } from './reuse-rules.ts';
import { NO_SCRATCH } from './scratch/rule.ts';
import { scratchRule } from './scratch/scratch-rule.ts';
import type { Unknowns } from './unknowns.ts';
import { isSized, type SizeLookup, sizesOf } from './value-sizes.ts';

/** What is held while one node runs. */
export interface Moment {
  readonly node: Node;
  readonly graph: string;
  /** Intermediate values, or the touched part of the block that they share. */
  readonly activationBytes: number;
  readonly outputBytes: number;
  readonly scratchBytes: number;
}

/** A run of a graph: the first of a shape makes each buffer by itself, later ones one block for all intermediate values. */
export interface SimulatedRun {
  readonly first: readonly Moment[];
  readonly later: readonly Moment[];
  readonly outputBytes: number;
  /** Values that are held while the node at this place runs. */
  readonly liveAt: (place: number) => readonly LiveTensor[];
}

export interface SimulationFacts {
  readonly shaped: ShapedGraph;
  /** The same graph inferred without bounds. */
  readonly symbolic: ShapedGraph | undefined;
  readonly settings: KernelSettings;
  readonly unknowns: Unknowns;
  /** Sizes of values around this graph. */
  readonly around?: SizeLookup;
  readonly outerWeight?: WeightLookup;
}

/** Simulates the allocations of onnxruntime's sequential executor, its arena off and its memory pattern on. */
export function simulateRun(facts: SimulationFacts): SimulatedRun {
  const { around, settings } = facts;
  const { shaped, symbolic } = settings.prepacked ? blockedLayout(facts, settings.processor) : facts;
  const graph = asGraph(shaped.graph);
  const sizes = sizesOf(shaped, symbolic, around);
  const weights = new Map(graph.initializers.map((tensor) => [tensor.name, tensor]));
  const weightOf: WeightLookup = (name) => weights.get(name) ?? facts.outerWeight?.(name) ?? null;
  // What shares a buffer follows from the graph and its names alone, whatever the bounds are, once all sizes are known.
  const layout = () => layOut(graph, sizes);
  const laidOut =
    symbolic?.graph === shaped.graph && isAllSized(graph, sizes) ? LAYOUTS.of(symbolic, '', layout) : layout();
  const bytes: number[] = [];
  // Node by node, so that what is open by what was open before comes after it.
  const scratch = laidOut.order.map((node, at) => {
    for (const place of laidOut.made[at] ?? []) {
      const made = bytesOf(laidOut.buffers[place]?.root ?? '', sizes, facts.unknowns);
      bytes[place] = addedBytes(node, sizes) ?? made;
    }
    return scratchOf(node, { facts, sizes, weightOf });
  });
  const sized = { ...laidOut, bytes, scratch, path: shaped.path };
  return {
    first: simulateFirst(sized),
    later: simulateLater(sized),
    outputBytes: [...laidOut.outputs].reduce((sum, name) => sum + outputBytesOf(sizes, name), 0),
    liveAt: (place) => liveAt(sized, place),
  };
}

interface BufferLayout {
  readonly order: readonly Node[];
  readonly outputs: ReadonlySet<string>;
  /** Those that nodes make, in the order in which they do; other lists name them by their places in this one. */
  readonly buffers: readonly Buffer[];
  /** For each node. */
  readonly made: readonly (readonly number[])[];
  readonly freed: readonly (readonly number[])[];
}

/** A layout at the bounds. */
interface SizedLayout extends BufferLayout {
  /** Of each buffer. */
  readonly bytes: readonly number[];
  /** Of each node. */
  readonly scratch: readonly number[];
  readonly path: string;
}

/** Of graphs as they were inferred without bounds, which come again with every size that is asked about. */
const LAYOUTS = new Recent<ShapedGraph, BufferLayout>(1);

function isAllSized({ nodes }: Pick<Graph, 'nodes'>, sizes: SizeLookup): boolean {
  return nodes.every(({ outputs }) => outputs.every((name) => name === '' || isSized(sizes(name))));
}

function layOut(graph: ReturnType<typeof asGraph>, sizes: SizeLookup): BufferLayout {
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

function simulateFirst({ order, buffers, made, freed, bytes, scratch, path: graph }: SizedLayout): readonly Moment[] {
  const blocks = bytes.map(blockBytes);
  const totals = { made: 0, output: 0, given: 0 };
  const add = (place: number, sign: 1 | -1) => {
    totals[buffers[place]?.kind ?? 'given'] += sign * (blocks[place] ?? 0);
  };
  return order.map((node, at) => {
    for (const place of made[at] ?? []) add(place, 1);
    const [activationBytes, outputBytes, scratchBytes] = [totals.made, totals.output, scratch[at] ?? 0];
    for (const place of freed[at] ?? []) add(place, -1);
    return { node, graph, activationBytes, outputBytes, scratchBytes };
  });
}

/** The block is one mapping: what counts is how far it has been written by then. */
function simulateLater({ order, buffers, made, freed, bytes, scratch, path: graph }: SizedLayout): readonly Moment[] {
  const planner = new PatternPlanner<number>();
  let touched = 0;
  let outputBytes = 0;
  return order.map((node, at) => {
    for (const place of made[at] ?? []) {
      if (buffers[place]?.kind === 'output') outputBytes += blockBytes(bytes[place] ?? 0);
      else {
        const extent = planner.allocate(place, bytes[place] ?? 0);
        touched = Math.max(touched, extent.offset + extent.bytes);
      }
    }
    for (const place of freed[at] ?? []) planner.free(place);
    return { node, graph, activationBytes: blockBytes(touched), outputBytes, scratchBytes: scratch[at] ?? 0 };
  });
}

function liveAt({ buffers, made, freed, bytes }: SizedLayout, at: number): readonly LiveTensor[] {
  const live = new Map<number, number>();
  const add = (places: readonly number[] | undefined) => {
    for (const place of places ?? []) live.set(place, bytes[place] ?? 0);
  };
  for (let before = 0; before < at; before++) {
    add(made[before]);
    for (const place of freed[before] ?? []) live.delete(place);
  }
  add(made[at]);
  return [...live].map(([place, size]) => ({ name: buffers[place]?.root ?? '', bytes: size }));
}

function bytesOf(name: string, sizes: SizeLookup, unknowns: Unknowns): number {
  const size = sizes(name);
  if (isSized(size)) return size.bytes;
  unknowns.noteValue(name, size);
  return 0;
}

/** Of what a sequence holds, that which was not there before; `null` for all that is not made of another sequence. */
function addedBytes(node: Node, sizes: SizeLookup): number | null {
  const { holdsFirst } = reuseRule(node);
  if (holdsFirst === undefined) return null;
  const size = holdsFirst.added === null ? null : sizes(node.inputs[holdsFirst.added] ?? '');
  return isSized(size) ? size.bytes : 0;
}

function outputBytesOf(sizes: SizeLookup, name: string): number {
  const size = sizes(name);
  return isSized(size) ? size.bytes : 0;
}

interface Surroundings {
  readonly facts: SimulationFacts;
  readonly sizes: SizeLookup;
  readonly weightOf: WeightLookup;
}

function scratchOf(node: Node, { facts, sizes, weightOf }: Surroundings): number {
  const kernelOf = () => new Kernel(node, { settings: facts.settings, sizes, weightOf });
  const inner = facts.shaped.inner.get(node) ?? [];
  if (inner.length > 0) {
    const symbolic = facts.symbolic?.inner.get(node) ?? [];
    const runs = inner.map((shaped) => ({
      shaped,
      run: simulateRun({
        ...facts,
        shaped,
        symbolic: symbolic.find(({ graph }) => graph === shaped.graph),
        around: sizes,
        outerWeight: weightOf,
      }),
    }));
    return controlFlowScratch(kernelOf(), runs, facts.unknowns);
  }
  const rule = scratchRule(node);
  if (rule === null) {
    facts.unknowns.noteOperator(node);
    return 0;
  }
  return rule === NO_SCRATCH ? 0 : rule(kernelOf()).reduce((sum, bytes) => sum + blockBytes(bytes), 0);
}

/** A function of the model stands for its nodes; it has no weights of its own. */
function asGraph(
  graph: Graph | LocalFunction,
): Pick<Graph, 'nodes' | 'initializers'> & { readonly outputs: readonly { readonly name: string }[] } {
  if ('initializers' in graph) return graph;
  return { nodes: graph.nodes, initializers: [], outputs: graph.outputs.map((name) => ({ name })) };
}

export function momentBytes({ activationBytes, outputBytes, scratchBytes }: Moment): number {
  return activationBytes + outputBytes + scratchBytes;
}

/** Place of the moment that takes the most; `null` for a graph without nodes. */
export function largestMoment(
  moments: readonly Moment[],
  bytesOfMoment: (moment: Moment) => number = momentBytes,
): { readonly place: number; readonly moment: Moment; readonly bytes: number } | null {
  let most: { place: number; moment: Moment; bytes: number } | null = null;
  for (const [place, moment] of moments.entries()) {
    const bytes = bytesOfMoment(moment);
    if (most === null || bytes > most.bytes) most = { place, moment, bytes };
  }
  return most;
}
