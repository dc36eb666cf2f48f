import type { Graph, Model, SparseTensor } from '../../onnx/model.ts';
import { tensorBytes } from '../../onnx/tensor-size.ts';
import type { Profile } from '../runtime/session-options.ts';
import type { Calibration } from './calibration.ts';
import { allGraphs } from './execution-order.ts';
import { holdsFilters } from './held-filters.ts';
import { type ListWeights, listWeightsOf } from './list-weights.ts';
import { type PackedWeight, packedWeights } from './packed-weights.ts';
import type { Processor } from './processor.ts';
import { Recent } from './recent.ts';

/** Where the weights of a model are once it is loaded, and what loading takes above that. */
export interface HeldWeights {
  /** In anonymous memory, as the file has them. */
  readonly anonymousBytes: number;
  /** In anonymous memory, repacked for a kernel. */
  readonly packedBytes: number;
  /** The kernel's own tables of the pages of all these, mapped ones included. */
  readonly pageTableBytes: number;
  /** In mapped files, and read while the model runs. */
  readonly mappedBytes: number;
  readonly createExtraBytes: number;
  /** What stays behind where the model is let go, to be loaded anew on another thread. */
  readonly leftBytes: number;
}

/** Weights in the model's own file are copied out of it; external ones stay mapped, unless a kernel repacks them. */
export function heldWeights(
  model: Model,
  profile: Profile,
  { calibration, processor }: { readonly calibration: Calibration; readonly processor: Processor },
): HeldWeights {
  const { tensors, lists, sparseBytes } = STORED.of(model, '', () => storedWeights(model.graph));
  const packed = packedFor(model, profile, processor);
  const repacked = new Set(packed.map(({ tensor }) => tensor));
  let inlineBytes = 0;
  let mappedBytes = 0;
  let fileBytes = 0;
  for (const { name, bytes, isInFile } of tensors) {
    if (isInFile) fileBytes += bytes;
    if (repacked.has(name)) continue;
    if (isInFile) mappedBytes += bytes;
    else inlineBytes += bytes;
  }
  const listBytes = lists.reduce((sum, { bytes, treeNodes }) => sum + bytes + treeNodes * calibration.treeNodeBytes, 0);
  const anonymousBytes = inlineBytes + sparseBytes + Math.ceil(listBytes);
  const packedBytes = packed.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    anonymousBytes,
    packedBytes,
    pageTableBytes: Math.ceil((anonymousBytes + packedBytes + fileBytes) * PAGE_TABLE_SHARE),
    mappedBytes,
    leftBytes: lists.reduce((sum, { scatteredBytes }) => sum + scatteredBytes, 0),
    createExtraBytes:
      // Where a sparse weight is spread out, it stands once as the model's and once as the runtime's (measured).
      sparseBytes +
      // Kernels are made one after another.
      Math.max(0, ...lists.map((list) => list.treeNodes * calibration.treeCreateBytes + list.makingBytes)) +
      Math.max(0, packingPeak(packed) - packedBytes),
  };
}

function addDense(sum: number, { values, dims }: SparseTensor): number {
  return sum + (tensorBytes(values.elementType, dims) ?? 0);
}

/** The layout pass is a matter of the graph, and kernels that repack weights are one of the profile. */
function packedFor(model: Model, profile: Profile, processor: Processor): readonly PackedWeight[] {
  if (profile === 'lean' && !holdsFilters(model)) return [];
  const packed = packedWeights(model.graph, processor);
  return profile === 'fast' ? packed : packed.filter(({ by }) => by === 'layout');
}

/** What a file holds, whoever loads it. */
interface StoredWeights {
  readonly tensors: readonly { readonly name: string; readonly bytes: number; readonly isInFile: boolean }[];
  readonly lists: readonly ListWeights[];
  /** Spread out. */
  readonly sparseBytes: number;
}

const STORED = new Recent<Model, StoredWeights>(1);

function storedWeights(graph: Graph): StoredWeights {
  const graphs = allGraphs(graph);
  return {
    tensors: graphs.flatMap(({ initializers }) =>
      initializers.map(({ name, data, elementType, dims }) => ({
        name,
        bytes: tensorBytes(elementType, dims) ?? 0,
        isInFile: data.kind === 'external',
      })),
    ),
    lists: graphs.flatMap(({ nodes }) => nodes.map(listWeightsOf).filter(hasAny)),
    sparseBytes: graphs.flatMap(({ sparseInitializers }) => sparseInitializers).reduce(addDense, 0),
  };
}

function hasAny({ bytes, treeNodes }: ListWeights): boolean {
  return bytes > 0 || treeNodes > 0;
}

/** Eight bytes for each page of 4096. */
const PAGE_TABLE_SHARE = 1 / 512;

/** The most that is held while weights are repacked: the layout pass comes first, then the kernels are made one after another. */
function packingPeak(packed: readonly PackedWeight[]): number {
  let held = 0;
  let most = 0;
  for (const by of ['layout', 'kernel'] as const)
    for (const weight of packed) {
      if (weight.by !== by) continue;
      held += weight.bytes;
      most = Math.max(most, held + weight.transientBytes);
    }
  return most;
}
