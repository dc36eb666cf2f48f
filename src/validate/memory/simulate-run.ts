import type { LiveTensor } from '../../nouns/memory-facts.ts';
import type { Node, Tensor } from '../../onnx/model.ts';
import { innerThatRuns } from '../shapes/refused-branches.ts';
import type { Settled, ShapedGraph } from '../shapes/shaped-model.ts';
import { blockBytes, isInHeap } from './block-bytes.ts';
import { type BothShapes, blockedLayout } from './blocked-layout.ts';
import { type BufferLayout, bufferLayout, type RunGraph, runGraph } from './buffer-layout.ts';
import { controlFlowScratch } from './control-flow.ts';
import { Kernel, type KernelSettings, type WeightLookup } from './kernel.ts';
import { PatternPlanner } from './memory-pattern.ts';
import { Moments } from './moments.ts';
import { Recent } from './recent.ts';
import { reuseRule } from './reuse-rules.ts';
import { type RunFrame, runFrames, sizesAtBounds } from './run-frame.ts';
import { NO_SCRATCH } from './scratch/rule.ts';
import { scratchRule } from './scratch/scratch-rule.ts';
import { Unknowns } from './unknowns.ts';
import { isSized, type SizeLookup, sizesOf } from './value-sizes.ts';

/** A run of a graph: the first of a shape makes each buffer by itself, later ones one block for all intermediate values. */
export interface SimulatedRun {
  readonly first: Moments;
  readonly later: Moments;
  readonly outputBytes: number;
  /** What the heap grows by for small values of the first run, and keeps: what the runtime remembers of the run lies behind them. */
  readonly heapBytes: number;
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

/**
 * Simulates the allocations of onnxruntime's sequential executor, its arena off and its memory pattern on: of what may run in several
 * ways, the one that holds most.
 */
export function simulateRun(facts: SimulationFacts): SimulatedRun {
  const { shaped, around } = facts;
  const { settled } = shaped;
  const isWhole = around === undefined && settled?.from.graph === shaped.graph;
  const runs = (isWhole && simulateFramed(facts, settled)) || simulateByItself(facts);
  return runs.reduce((most, run) => (peakBytes(run) > peakBytes(most) ? run : most));
}

function peakBytes({ first, later }: SimulatedRun): number {
  return Math.max(first.largest()?.bytes ?? 0, later.largest()?.bytes ?? 0);
}

/** By what all bounds have in common; `null` where that is not enough. */
function simulateFramed(facts: SimulationFacts, settled: Settled): readonly SimulatedRun[] | null {
  const frames = runFrames(settled, facts.settings) ?? [];
  const runs = frames.map((frame, at) => simulateFrame(frame, noting(facts, at), settled));
  return runs.length > 0 && runs.every((run) => run !== null) ? runs : null;
}

function simulateFrame(frame: RunFrame, facts: SimulationFacts, settled: Settled): SimulatedRun | null {
  const { layout, symbolic, bufferLike, nodeLike } = frame;
  const sizes = sizesAtBounds(symbolic, settled);
  const bytes = new Float64Array(layout.buffers.length);
  for (const [place, like] of bufferLike.entries()) {
    const size = like < place ? null : sizes(layout.buffers[place]?.root ?? '');
    if (like === place && !isSized(size)) return null;
    bytes[place] = isSized(size) ? size.bytes : (bytes[like] ?? 0);
  }
  const surroundings = { facts, sizes, weightOf: weightsOf(runGraph(symbolic.graph), facts) };
  const scratch = new Float64Array(layout.order.length);
  layout.order.forEach((node, place) => {
    const like = nodeLike[place] ?? place;
    const isKnown = like < place && scratchRule(node) !== null;
    scratch[place] = isKnown ? (scratch[like] ?? 0) : scratchOf(node, surroundings);
  });
  return runOf({ ...layout, bytes, scratch, sizes, path: facts.shaped.path });
}

function simulateByItself(facts: SimulationFacts): readonly SimulatedRun[] {
  const { settings } = facts;
  const ways = settings.inBlocks ? blockedLayout(facts, settings.processor) : [facts];
  return ways.map((way, at) => simulateWay(way, noting(facts, at)));
}

/** What is not known is the same in all ways, and told once. */
function noting(facts: SimulationFacts, way: number): SimulationFacts {
  return way === 0 ? facts : { ...facts, unknowns: new Unknowns() };
}

function simulateWay({ shaped, symbolic }: BothShapes, facts: SimulationFacts): SimulatedRun {
  const { around } = facts;
  const graph = runGraph(shaped.graph);
  const sizes = sizesOf(shaped, symbolic, around);
  // What shares a buffer follows from the graph and its names alone, whatever the bounds are, once all sizes are known.
  const layOut = () => bufferLayout(graph, sizes);
  const layout =
    symbolic?.graph === shaped.graph && isAllSized(graph, sizes) ? LAYOUTS.of(symbolic, '', layOut) : layOut();
  const surroundings = { facts, sizes, weightOf: weightsOf(graph, facts) };
  const bytes = new Float64Array(layout.buffers.length);
  // Node by node, so that what is open by what was open before comes after it.
  const scratch = Float64Array.from(layout.order, (node, at) => {
    for (const place of layout.made[at] ?? []) {
      const made = bytesOf(layout.buffers[place]?.root ?? '', sizes, facts.unknowns);
      bytes[place] = addedBytes(node, sizes) ?? made;
    }
    return scratchOf(node, surroundings);
  });
  return runOf({ ...layout, bytes, scratch, sizes, path: shaped.path });
}

/** Of graphs as they were inferred without bounds, which come again with every size that is asked about. */
const LAYOUTS = new Recent<ShapedGraph, BufferLayout>(1);

function isAllSized({ nodes }: RunGraph, sizes: SizeLookup): boolean {
  return nodes.every(({ outputs }) => outputs.every((name) => name === '' || isSized(sizes(name))));
}

function weightsOf({ initializers }: RunGraph, { outerWeight }: SimulationFacts): WeightLookup {
  const weights = WEIGHTS.of(initializers, '', () => new Map(initializers.map((tensor) => [tensor.name, tensor])));
  return (name) => weights.get(name) ?? outerWeight?.(name) ?? null;
}

const WEIGHTS = new Recent<RunGraph['initializers'], ReadonlyMap<string, Tensor>>(1);

/** A layout at the bounds. */
interface SizedLayout extends BufferLayout {
  /** Of each buffer. */
  readonly bytes: Float64Array;
  /** Of each node. */
  readonly scratch: Float64Array;
  readonly sizes: SizeLookup;
  readonly path: string;
}

function runOf(sized: SizedLayout): SimulatedRun {
  let heap: number | undefined;
  return {
    first: simulateFirst(sized),
    later: simulateLater(sized),
    outputBytes: [...sized.outputs].reduce((sum, name) => sum + outputBytesOf(sized.sizes, name), 0),
    // Searches simulate many runs and do not ask.
    get heapBytes() {
      heap ??= heapBytes(sized);
      return heap;
    },
    liveAt: (place) => liveAt(sized, place),
  };
}

function heapBytes({ order, made, freed, bytes }: SizedLayout): number {
  const planner = new PatternPlanner<number>();
  for (let at = 0; at < order.length; at++) {
    for (const place of made[at] ?? []) {
      const size = bytes[place] ?? 0;
      if (isInHeap(size)) planner.allocate(place, blockBytes(size));
    }
    for (const place of freed[at] ?? []) planner.free(place);
  }
  return Math.max(0, planner.bytes - HEAP_ROOM);
}

/** A server's heap has room for as much by itself. */
const HEAP_ROOM = 2 ** 20;

function simulateFirst(sized: SizedLayout): Moments {
  const { order, buffers, made, freed, bytes } = sized;
  const moments = momentsOf(sized);
  const totals = { made: 0, output: 0, given: 0 };
  const add = (place: number, sign: 1 | -1) => {
    totals[buffers[place]?.kind ?? 'given'] += sign * blockBytes(bytes[place] ?? 0);
  };
  for (let at = 0; at < order.length; at++) {
    for (const place of made[at] ?? []) add(place, 1);
    moments.activationBytes[at] = totals.made;
    moments.outputBytes[at] = totals.output;
    for (const place of freed[at] ?? []) add(place, -1);
  }
  return moments;
}

/** The block is one mapping: what counts is how far it has been written by then. */
function simulateLater(sized: SizedLayout): Moments {
  const { order, buffers, made, freed, bytes } = sized;
  const moments = momentsOf(sized);
  const planner = new PatternPlanner<number>();
  let touched = 0;
  let outputBytes = 0;
  for (let at = 0; at < order.length; at++) {
    for (const place of made[at] ?? []) {
      if (buffers[place]?.kind === 'output') outputBytes += blockBytes(bytes[place] ?? 0);
      else {
        const extent = planner.allocate(place, bytes[place] ?? 0);
        touched = Math.max(touched, extent.offset + extent.bytes);
      }
    }
    for (const place of freed[at] ?? []) planner.free(place);
    moments.activationBytes[at] = blockBytes(touched);
    moments.outputBytes[at] = outputBytes;
  }
  return moments;
}

function momentsOf({ order, path, scratch: scratchBytes }: SizedLayout): Moments {
  return new Moments(order, { path, scratchBytes });
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
  const inner = innerThatRuns(facts.shaped, node);
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
