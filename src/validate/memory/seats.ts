import type { Node } from '../../onnx/model.ts';
import { innerThatRuns } from '../shapes/refused-branches.ts';
import type { ShapedGraph, ShapedModel } from '../shapes/shaped-model.ts';
import { type AlikeNodes, alikeNodes } from './alike-nodes.ts';
import type { Seat } from './calibration.ts';
import { fedInputs } from './fed-inputs.ts';
import { product } from './kernel.ts';
import { isSized, type SizeLookup, sizesOf } from './value-sizes.ts';

/** What one processor core does in a second: products of numbers, and numbers that are only passed through. */
const PRODUCTS_PER_SECOND = 1e10;
const NUMBERS_PER_SECOND = 1e9;

/** The server moves what takes longer than 20 ms by the row to threads of its own; machines differ by this much from the guess. */
const SURELY_INLINE_SECONDS = 0.003;
const SURELY_WORKER_SECONDS = 0.12;
const LIKELY_WORKER_SECONDS = 0.02;

/**
 * Where the server will run a model, by what a run of one row costs: the server measures it at its start, and where the guess is
 * too close to tell, both are possible.
 */
export function likelySeats(shaped: ShapedModel, sizes: SizeLookup): readonly Seat[] {
  const rows = rowsOf(shaped, sizes);
  const enough = SURELY_WORKER_SECONDS * Math.max(1, rows);
  const seconds = secondsOf(shaped, { sizes, enough, depth: 0 }) / Math.max(1, rows);
  if (seconds < SURELY_INLINE_SECONDS) return ['inline'];
  if (seconds > SURELY_WORKER_SECONDS) return ['worker'];
  return seconds < LIKELY_WORKER_SECONDS ? ['inline', 'worker'] : ['worker', 'inline'];
}

function rowsOf(shaped: ShapedModel, sizes: SizeLookup): number {
  const [first] = fedInputs(shaped.model.graph);
  const size = first && sizes(first.name);
  const isOpen = first?.type?.kind === 'tensor' && typeof first.type.shape?.[0] !== 'number';
  return size && isOpen && isSized(size) ? (size.dims[0] ?? 1) : 1;
}

/** Graphs within graphs, no deeper than this. */
const MAX_DEPTH = 8;

/** They are not known; some dozens are usual. */
const ROUNDS: Readonly<Record<string, number>> = { Loop: 32, Scan: 32, SequenceMap: 32 };

interface Costing {
  readonly sizes: SizeLookup;
  /** Whatever is more is as good as this. */
  readonly enough: number;
  readonly depth: number;
}

function secondsOf(shaped: ShapedGraph, { sizes, enough, depth }: Costing): number {
  let seconds = 0;
  for (const { node, count } of kindsOf(shaped)) {
    if (seconds > enough) break;
    const numbers = product(dimsOf(sizes, node.outputs[0] ?? '') ?? []);
    seconds += count * ((numbers * depthOf(node, sizes)) / PRODUCTS_PER_SECOND + numbers / NUMBERS_PER_SECOND);
    const inner = depth < MAX_DEPTH ? innerThatRuns(shaped, node) : [];
    const rounds = ROUNDS[node.opType] ?? 1;
    for (const graph of inner)
      seconds += rounds * secondsOf(graph, { sizes: sizesOf(graph, undefined, sizes), enough, depth: depth + 1 });
  }
  return seconds;
}

function kindsOf({ graph, settled }: ShapedGraph): readonly AlikeNodes[] {
  return settled?.from.graph === graph ? alikeNodes(settled.from) : graph.nodes.map((node) => ({ node, count: 1 }));
}

function depthOf({ opType, inputs: [left = '', right = ''] }: Node, sizes: SizeLookup): number {
  const rule = DEPTHS[opType];
  if (rule === undefined) return 0;
  const [first, second] = [dimsOf(sizes, left), dimsOf(sizes, right)];
  return first && second ? rule(first, second) : 0;
}

function dimsOf(sizes: SizeLookup, name: string): readonly number[] | undefined {
  const size = name === '' ? null : sizes(name);
  return isSized(size) ? size.dims : undefined;
}

type Depth = (left: readonly number[], right: readonly number[]) => number;

const last: Depth = (left) => left.at(-1) ?? 1;
const window: Depth = (_, filters) => product(filters.slice(1));
const gates: Depth = (left, weights) => 4 * (left[2] ?? 1) + (weights[1] ?? 1);

/** Products for each element of the result. */
const DEPTHS: Readonly<Record<string, Depth>> = {
  MatMul: last,
  FusedMatMul: last,
  MatMulInteger: last,
  DynamicQuantizeMatMul: last,
  MatMulIntegerToFloat: last,
  Gemm: last,
  FusedGemm: last,
  Conv: window,
  FusedConv: window,
  NhwcFusedConv: window,
  ConvInteger: window,
  ConvTranspose: (left, filters) => (left[1] ?? 1) * product(filters.slice(2)),
  QLinearConv: (left) => (left[1] ?? 1) * 9,
  QLinearMatMul: last,
  LSTM: gates,
  GRU: gates,
  RNN: gates,
  DynamicQuantizeLSTM: gates,
};
