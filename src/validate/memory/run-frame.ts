import type { Settled, ShapedGraph } from '../shapes/shaped-model.ts';
import { settledGraph } from '../shapes/shapes-at-bounds.ts';
import { alikeKeys, firstAlike, firstWith } from './alike-nodes.ts';
import { blockedAtAnyBounds, mayLieInBlocks } from './blocked-layout.ts';
import { type BufferLayout, bufferLayout, runGraph } from './buffer-layout.ts';
import type { KernelSettings } from './kernel.ts';
import { Recent } from './recent.ts';
import { isSized, type SizeLookup, sizesOf } from './value-sizes.ts';

/**
 * What is the same in the runs of a graph at all bounds: which nodes run and share which buffers, and which buffers and kernels take
 * as much as others, whatever that is. Searches ask about many bounds of one graph.
 */
export interface RunFrame {
  /** As it is without bounds, in blocks where the runtime lays it so. */
  readonly symbolic: ShapedGraph;
  readonly layout: BufferLayout;
  /** For each buffer the place of the first of its size. */
  readonly bufferLike: Int32Array;
  /** For each node the place of the first whose kernel takes as much. */
  readonly nodeLike: Int32Array;
}

/** Of each way in which the runtime may run it; `null` where the bounds decide more than sizes. */
export function runFrames({ from, sizeOf }: Settled, settings: KernelSettings): readonly RunFrame[] | null {
  const isBlocked = settings.inBlocks && mayLieInBlocks(from.graph);
  const ways = isBlocked ? blockedAtAnyBounds(from, settings.processor) : [from];
  const frames = ways?.map((symbolic) =>
    FRAMES.of(symbolic, '', () => frameOf(symbolic, sizesAtBounds(symbolic, { from, sizeOf }))),
  ) ?? [null];
  return frames.every((frame) => frame !== null) ? frames : null;
}

const FRAMES = new Recent<ShapedGraph, RunFrame | null>(1);

/** Sizes of a frame's values at bounds. */
export function sizesAtBounds(symbolic: ShapedGraph, settled: Settled): SizeLookup {
  return sizesOf(settledGraph(symbolic, settled), symbolic);
}

function frameOf(symbolic: ShapedGraph, sizes: SizeLookup): RunFrame | null {
  const graph = runGraph(symbolic.graph);
  const isAllSized = graph.nodes.every(({ outputs }) => outputs.every((name) => name === '' || isSized(sizes(name))));
  if (!isAllSized) return null;
  const layout = bufferLayout(graph, sizes);
  const keys = alikeKeys(symbolic);
  return {
    symbolic,
    layout,
    bufferLike: firstWith(layout.buffers, ({ root }) => keys.ofValue(root)),
    nodeLike: firstAlike(layout.order, keys),
  };
}
