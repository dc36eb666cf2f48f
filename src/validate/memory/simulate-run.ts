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
  const { order, outputs, buffers, freed } =
    symbolic?.graph === shaped.graph && isAllSized(graph, sizes) ? LAYOUTS.of(symbolic, '', layout) : layout();
  const steps = order.map((node, place) => {
    const made = node.outputs.flatMap((name) => madeHere(name, buffers));
    const known = made.map(({ root, kind }) => ({ root, kind, bytes: bytesOf(root, sizes, facts.unknowns) }));
    const kernel = new Kernel(node, { settings: facts.settings, sizes, weightOf });
    return {
      node,
      made: known,
      scratchBytes: scratchOf(kernel, { facts, sizes, weightOf }),
      freed: freed[place] ?? [],
    };
  });
  return {
    first: simulateFirst(steps, shaped.path),
    later: simulateLater(steps, shaped.path),
    outputBytes: [...outputs].reduce((sum, name) => sum + outputBytesOf(sizes, name), 0),
    liveAt: (place) => liveAt(steps, place),
  };
}

interface BufferLayout {
  readonly order: readonly Node[];
  readonly outputs: ReadonlySet<string>;
  readonly buffers: ReadonlyMap<string, Buffer>;
  readonly freed: readonly (readonly string[])[];
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
  const buffers = allocateBuffers({ order, outputs, samenessOf });
  return { order, outputs, buffers, freed: freedAfterEach(order.length, buffers) };
}

interface Step {
  readonly node: Node;
  readonly made: readonly { readonly root: string; readonly kind: Buffer['kind']; readonly bytes: number }[];
  readonly scratchBytes: number;
  readonly freed: readonly string[];
}

function simulateFirst(steps: readonly Step[], graph: string): readonly Moment[] {
  const held = new Map<string, { readonly bytes: number; readonly kind: Buffer['kind'] }>();
  const totals = { made: 0, output: 0, given: 0 };
  return steps.map(({ node, made, scratchBytes, freed }) => {
    for (const { root, kind, bytes } of made) {
      held.set(root, { bytes, kind });
      totals[kind] += blockBytes(bytes);
    }
    const moment = { node, graph, activationBytes: totals.made, outputBytes: totals.output, scratchBytes };
    for (const root of freed) {
      const buffer = held.get(root);
      if (buffer) totals[buffer.kind] -= blockBytes(buffer.bytes);
    }
    return moment;
  });
}

/** The block is one mapping: what counts is how far it has been written by then. */
function simulateLater(steps: readonly Step[], graph: string): readonly Moment[] {
  const planner = new PatternPlanner();
  let touched = 0;
  let outputBytes = 0;
  return steps.map(({ node, made, scratchBytes, freed }) => {
    for (const { root, kind, bytes } of made) {
      if (kind === 'output') outputBytes += blockBytes(bytes);
      else {
        const extent = planner.allocate(root, bytes);
        touched = Math.max(touched, extent.offset + extent.bytes);
      }
    }
    for (const root of freed) planner.free(root);
    return { node, graph, activationBytes: blockBytes(touched), outputBytes, scratchBytes };
  });
}

function liveAt(steps: readonly Step[], place: number): readonly LiveTensor[] {
  const live = new Map<string, number>();
  for (const { made, freed } of steps.slice(0, place)) {
    for (const { root, bytes } of made) live.set(root, bytes);
    for (const root of freed) live.delete(root);
  }
  for (const { root, bytes } of steps[place]?.made ?? []) live.set(root, bytes);
  return [...live].map(([name, bytes]) => ({ name, bytes }));
}

function madeHere(name: string, buffers: ReadonlyMap<string, Buffer>): readonly Buffer[] {
  const buffer = buffers.get(name);
  return buffer && buffer.root === name && buffer.kind !== 'given' ? [buffer] : [];
}

function freedAfterEach(count: number, buffers: ReadonlyMap<string, Buffer>): readonly (readonly string[])[] {
  const freed: string[][] = Array.from({ length: count }, () => []);
  for (const [name, { root, lastUse }] of buffers) if (name === root && lastUse !== null) freed[lastUse]?.push(root);
  return freed;
}

function bytesOf(name: string, sizes: SizeLookup, unknowns: Unknowns): number {
  const size = sizes(name);
  if (isSized(size)) return size.bytes;
  unknowns.noteValue(name, size);
  return 0;
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

function scratchOf(kernel: Kernel, { facts, sizes, weightOf }: Surroundings): number {
  const { node } = kernel;
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
    return controlFlowScratch(kernel, runs, facts.unknowns);
  }
  const rule = scratchRule(node);
  if (rule === null) {
    facts.unknowns.noteOperator(node);
    return 0;
  }
  return rule(kernel).reduce((sum, bytes) => sum + blockBytes(bytes), 0);
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
