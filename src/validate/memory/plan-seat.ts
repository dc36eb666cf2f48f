import type { MemoryBreakdown, MemoryPeak } from '../../nouns/memory-facts.ts';
import type { Calibration, Seat } from './calibration.ts';
import { shapesDependOnData } from './depends-on-data.ts';
import { graphBytes } from './graph-bytes.ts';
import type { HeldWeights } from './held-weights.ts';
import { bytesInOthersBlock, findsOthersPattern } from './others-pattern.ts';
import { peakMoment } from './peak-moment.ts';
import type { PlanOptions } from './plan-memory.ts';
import type { SimulatedRun } from './simulate-run.ts';
import { type Requests, travelBytes } from './transport.ts';
import { turnedImageBytes } from './turned-images.ts';
import { isSized, type SizeLookup } from './value-sizes.ts';

/** What depends on the processor. */
export interface OnProcessor {
  readonly run: SimulatedRun;
  readonly weights: HeldWeights;
  /** Of the intermediate values of one row's later runs. */
  readonly oneRowBlockBytes: () => number;
}

/** What a plan is put together from. */
export interface Parts extends OnProcessor {
  readonly calibration: Calibration;
  readonly inputs: readonly string[];
  readonly sizes: SizeLookup;
  /** On the other processors that the bound is to hold for. */
  readonly others: readonly OnProcessor[];
  /** Where the server may run the model, the likely one first. */
  readonly seats: readonly Seat[];
  /** The same by what a row costs alone, wherever the server was seen to run the model. */
  readonly likelySeats: readonly Seat[];
}

/** With the model on the thread that takes requests in, or on others. */
export function planSeat(seat: Seat, options: PlanOptions, parts: Parts) {
  const { calibration, weights } = parts;
  const isInline = seat === 'inline';
  const bare = standingOf(options, parts);
  // Whether a row takes long shows where the model has been loaded, which is on the first thread unless it is large.
  const held = isInline ? bare : { ...bare, graph: 2 * bare.graph, weights: bare.weights + weights.leftBytes };
  const standing = { ...held, workers: isInline ? 0 : calibration.workerBytes };
  const moved = movedBytes(seat, options, parts);
  const create: MemoryBreakdown = {
    ...held,
    weights: held.weights + weights.createExtraBytes,
    workers: isInline ? 0 : calibration.workerReadyBytes,
    javascript: moved.expected,
  };
  const running = runningOf({ ...options, seat }, parts, standing);
  const createPeakBytes = total(create);
  const runPeakBytes = total(running.breakdown);
  const isCreate = createPeakBytes > runPeakBytes;
  const most = Math.max(createPeakBytes + moved.doubt, runPeakBytes + running.doubtBytes);
  return {
    createPeakBytes,
    runPeakBytes,
    unreclaimableBytes: Math.max(createPeakBytes, runPeakBytes),
    upperBoundBytes: upperBound(most, calibration),
    breakdown: isCreate ? create : running.breakdown,
    peak: isCreate ? ({ phase: 'create', node: null, liveTensors: [] } as const) : running.peak,
    perWorker: running.perWorker,
    nextWorkerBytes: workerBytes(options, parts, running.perWorker),
  };
}

/**
 * Rows are light, and runs take long: then the server loads the model anew, on a thread of its own, once requests have come and left
 * behind what they do.
 */
function movedBytes(
  seat: Seat,
  { earlierRequests = Infinity, transport = 'none' }: PlanOptions,
  { calibration, likelySeats }: Parts,
): { readonly expected: number; readonly doubt: number } {
  const isServed = transport !== 'none' && earlierRequests > 0;
  if (seat === 'inline' || !isServed || !likelySeats.includes('inline')) return { expected: 0, doubt: 0 };
  const left = calibration.javascriptSteadyBytes;
  return likelySeats.includes('worker') ? { expected: 0, doubt: left } : { expected: left, doubt: 0 };
}

/** What was measured lies this much around the estimate, from process to process. */
function upperBound(bytes: number, { marginFactor, marginBytes }: Calibration): number {
  return Math.ceil(bytes * (1 + marginFactor) + marginBytes);
}

/** Live tensors that are named at the peak: the rest is small beside them. */
const NAMED_TENSORS = 32;

const NOTHING: MemoryBreakdown = {
  runtime: 0,
  graph: 0,
  weights: 0,
  packedWeights: 0,
  activations: 0,
  kernelScratch: 0,
  inputs: 0,
  outputs: 0,
  copies: 0,
  javascript: 0,
  workers: 0,
};

/** What a loaded model holds while nothing runs. */
export function standingOf({ model }: PlanOptions, { calibration, weights }: Parts): MemoryBreakdown {
  return {
    ...NOTHING,
    runtime: calibration.idleBytes,
    graph: graphBytes(model.graph, calibration.nodeBytes),
    weights: weights.anonymousBytes + weights.pageTableBytes,
    packedWeights: weights.packedBytes,
  };
}

function runningOf(
  {
    model,
    profile,
    bounds,
    workers = 1,
    queue = 0,
    transport = 'none',
    seat,
    firstRun = 'example',
    earlierRequests = Infinity,
  }: PlanOptions & { readonly seat: Seat },
  parts: Parts,
  standing: MemoryBreakdown,
): {
  readonly breakdown: MemoryBreakdown;
  readonly peak: MemoryPeak;
  readonly perWorker: number;
  readonly doubtBytes: number;
} {
  const { run, calibration, sizes } = parts;
  const inputBytes = parts.inputs.reduce((sum, name) => sum + bytesOf(sizes, name), 0);
  const requests: Requests = { inputBytes, outputBytes: run.outputBytes };
  const travel = travelBytes({ transport, seat, calibration }, requests);
  const isOthers = transport !== 'none' && findsOthersPattern(model.graph, bounds);
  const most = peakMoment(isOthers ? { ...run, later: run.first, heapBytes: 0 } : run);
  // A row that is made up comes first, unless the model refuses it; an example may be as large as the bounds.
  const isSure = firstRun === 'made-up' && !shapesDependOnData(model);
  const mostBytes = most?.bytes ?? 0;
  const othersBytes = () => Math.min(bytesInOthersBlock(model, sizes), parts.oneRowBlockBytes());
  const worstBytes = isOthers && isSure ? mostBytes + othersBytes() : (peakMoment(run)?.bytes ?? 0);
  const answering = run.outputBytes + travel.answer + run.heapBytes;
  const turnedBytes = profile === 'fast' ? turnedImageBytes(model.graph, sizes) : 0;
  // Until the server knows that runs take long, they are on the first thread, and leave as much there.
  const heaps = seat === 'worker' && transport !== 'none' ? 2 : 1;
  const heapDoubt = (heaps - 1 + heaps * HEAP_GAPS) * run.heapBytes;
  const moment = answering > mostBytes ? null : most;
  const one: MemoryBreakdown = {
    ...standing,
    activations: moment ? moment.moment.activationBytes + moment.leftBytes : run.heapBytes,
    kernelScratch: moment?.moment.scratchBytes ?? 0,
    inputs: inputBytes * (1 + queue),
    outputs: moment?.moment.outputBytes ?? run.outputBytes,
    copies: travel.request * (transport === 'none' ? 1 : 1 + queue) + (moment ? 0 : travel.answer),
    javascript: earlierRequests === 0 ? 0 : calibration.javascriptSteadyBytes,
  };
  const perWorker = one.activations + one.kernelScratch + one.inputs + one.outputs + one.copies;
  const breakdown = { ...one, workers: one.workers + (workers - 1) * workerBytes({ model }, parts, perWorker) };
  const node = moment?.owedTo.node;
  return {
    breakdown,
    perWorker,
    doubtBytes: workers * (travel.doubt + worstBytes - mostBytes + turnedBytes) + heapDoubt,
    peak: {
      phase: 'run',
      node: node && moment ? { name: node.name, operator: node.opType, graph: moment.owedTo.graph } : null,
      liveTensors: moment
        ? [...run.liveAt(moment.owedToPlace)].sort((a, b) => b.bytes - a.bytes).slice(0, NAMED_TENSORS)
        : [],
    },
  };
}

/** Of what lies in a heap, what was seen to be free between it. */
const HEAP_GAPS = 1 / 3;

function workerBytes(options: Pick<PlanOptions, 'model'>, parts: Parts, runBytes: number): number {
  return parts.calibration.workerBytes + modelBytes(options, parts) + runBytes;
}

/** What a session holds of its model. */
export function modelBytes({ model }: Pick<PlanOptions, 'model'>, { calibration, weights }: Parts): number {
  const { anonymousBytes, pageTableBytes, packedBytes } = weights;
  return graphBytes(model.graph, calibration.nodeBytes) + anonymousBytes + pageTableBytes + packedBytes;
}

function bytesOf(sizes: SizeLookup, name: string): number {
  const size = sizes(name);
  return isSized(size) ? size.bytes : 0;
}

export function total(breakdown: MemoryBreakdown): number {
  return Object.values(breakdown).reduce((sum: number, bytes: number) => sum + bytes, 0);
}
