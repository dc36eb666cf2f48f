import type { MemoryMoment } from '../../nouns/memory-facts.ts';
import type { Model } from '../../onnx/model.ts';
import type { Profile } from '../runtime/session-options.ts';
import type { ShapedModel } from '../shapes/shaped-model.ts';
import { mayLieInBlocks } from './blocked-layout.ts';
import { boundedShapes, symbolicShapes } from './bounded-shapes.ts';
import { boundsOfRefused } from './bounds-of-refused.ts';
import { CALIBRATION, type Calibration, type Seat } from './calibration.ts';
import { fedInputs } from './fed-inputs.ts';
import { foldCasts } from './fold-casts.ts';
import { loading, withoutHeldFilters } from './held-filters.ts';
import { type HeldWeights, heldWeights } from './held-weights.ts';
import type { KernelSettings } from './kernel.ts';
import type { MemoryPlan } from './memory-plan.ts';
import type { Moment } from './moments.ts';
import { boundsOfOneRow } from './others-pattern.ts';
import { modelBytes, type OnProcessor, type Parts, planSeat, standingOf, total } from './plan-seat.ts';
import { PROCESSORS, type Processor, processorOf } from './processor.ts';
import { Recent } from './recent.ts';
import { likelySeats } from './seats.ts';
import { type SimulatedRun, simulateRun } from './simulate-run.ts';
import type { Transport } from './transport.ts';
import { openDimensions, undeclaredOf } from './undeclared.ts';
import { Unknowns } from './unknowns.ts';
import { isSized, type SizeLookup, sizesOf } from './value-sizes.ts';

export type FirstRun = 'made-up' | 'example';

export interface PlanOptions {
  /** As it ships: the graph that the runtime will load. */
  readonly model: Model;
  readonly profile: Profile;
  /** The largest size of each open dimension, by its symbol or as `input[axis]`. */
  readonly bounds: ReadonlyMap<string, number>;
  /** Processes or threads that each have a session; 1 if not given. */
  readonly workers?: number;
  /** Requests that wait with their inputs decoded; 0 if not given. */
  readonly queue?: number;
  /** How tensors come and go; `none` if not given. */
  readonly transport?: Transport;
  /** Where the server was seen to run the model; by what it is likely to cost if not given, and both where that cannot tell. */
  readonly seat?: Seat;
  /** What the server runs first: one row that it makes up, at the bounds of all else, or an example that nothing is known of if not given. */
  readonly firstRun?: FirstRun;
  /** Requests that came before; unlimited if not given. */
  readonly earlierRequests?: number;
  readonly calibration?: Calibration;
  /** The only one that the plan is to hold for; all that are known if not given. */
  readonly processor?: Processor;
}

/**
 * How much memory a process takes that serves a model: simulates how onnxruntime loads and runs it at the bounds. Reads small
 * constants from the model's file and nothing else. Where an operator has no rule or a size stays open, the plan is `unknown`
 * and says what; it never guesses.
 */
export function planMemory(options: PlanOptions): MemoryPlan {
  const others = boundsOfRefused(options.model, options.bounds).map((bounds) => planAt({ ...options, bounds }));
  return others.reduce(largerPlan, planAt(options));
}

function largerPlan(a: MemoryPlan, b: MemoryPlan): MemoryPlan {
  if (a.state === 'unknown') return a;
  return b.state === 'unknown' || b.upperBoundBytes > a.upperBoundBytes ? b : a;
}

function planAt(options: PlanOptions): MemoryPlan {
  const { profile, bounds, calibration = CALIBRATION } = options;
  const how = loading(profile, options.model);
  const model = how.inBlocks ? FOLDED.of(options.model, profile, () => folded(options.model, profile)) : options.model;
  const processor = options.processor ?? processorOf(calibration.combination.processor);
  const on = (other: Processor): Simulation & OnProcessor => {
    const settings = { threads: calibration.threads, ...how, processor: other };
    // Processors differ in images that lie in blocks, and in nothing else that a run makes.
    const block = how.inBlocks && mayLieInBlocks(model.graph) ? other.channelBlock : 0;
    const simulatedAt = (sizes: PlanOptions['bounds']) =>
      SIMULATED.of(model, JSON.stringify([profile, block, ...sizes]), () => simulate(model, sizes, settings));
    const weights = HELD.of(model, JSON.stringify([profile, other.name, calibration.combination]), () =>
      heldWeights(model, profile, { calibration, processor: other }),
    );
    const oneRowBlockBytes = () => {
      const { later } = simulatedAt(boundsOfOneRow(model.graph, bounds)).run;
      return later.activationBytes.reduce((most, bytes) => Math.max(most, bytes), 0);
    };
    return { ...simulatedAt(bounds), weights, oneRowBlockBytes };
  };
  const here = on(processor);
  if (!here.unknowns.isEmpty || openDimensions(model, bounds).length > 0)
    return { state: 'unknown', profile, undeclared: undeclaredOf(model, bounds, here.unknowns) };
  const others = options.processor || !how.inBlocks ? [] : PROCESSORS.filter((other) => other !== processor).map(on);
  const likely = seatsOf(options, here);
  const seats = options.seat ? [options.seat] : likely;
  return settle({ ...options, model }, { ...here, calibration, others, seats, likelySeats: likely });
}

/** Reports, tables and remedies ask for many plans of one model, and most of them differ in what costs nothing to add up. */
const SIMULATED = new Recent<Model, Simulation>(32);
const SEATS = new Recent<ShapedModel, readonly Seat[]>(1);
const HELD = new Recent<Model, HeldWeights>(12);
const FOLDED = new Recent<Model, Model>(2);

/** As level `all` folds it; the model itself where nothing is folded, so that both profiles share what is worked out of it. */
function folded(shipped: Model, profile: Profile): Model {
  const model = profile === 'fast' ? withoutHeldFilters(shipped) : shipped;
  const graph = foldCasts(model.graph);
  return graph === model.graph ? model : { ...model, graph };
}

interface Simulation {
  readonly shaped: ShapedModel;
  readonly run: SimulatedRun;
  readonly sizes: SizeLookup;
  readonly inputs: readonly string[];
  readonly unknowns: Unknowns;
}

/** All of a plan that does not depend on how the model is served. */
function simulate(model: Model, bounds: PlanOptions['bounds'], settings: KernelSettings): Simulation {
  const symbolic = symbolicShapes(model);
  const unknowns = new Unknowns();
  const shaped = boundedShapes(model, bounds);
  const run = simulateRun({ shaped, symbolic, settings, unknowns });
  const sizes = sizesOf(shaped, symbolic);
  return { shaped, run, sizes, inputs: servedInputs(model, sizes, unknowns), unknowns };
}

function seatsOf({ transport = 'none' }: PlanOptions, { shaped, sizes }: Simulation): readonly Seat[] {
  return transport === 'none' ? ['inline'] : SEATS.of(shaped, '', () => likelySeats(shaped, sizes));
}

function settle(options: PlanOptions, parts: Parts): MemoryPlan {
  const { profile } = options;
  const { calibration, run, weights, seats } = parts;
  const mappedBytes = calibration.textBytes + weights.mappedBytes;
  // Wherever it runs, and on whichever processor.
  const everywhere = [parts, ...parts.others.map((other) => ({ ...parts, ...other }))];
  const possible = everywhere.flatMap((place) => seats.map((seat) => planSeat(seat, options, place)));
  const { createPeakBytes, runPeakBytes, unreclaimableBytes, breakdown, peak } =
    possible[0] ?? planSeat('inline', options, parts);
  const mostOf = <T>(all: readonly T[], of: (one: T) => number) => Math.max(...all.map(of));
  const upperBoundBytes = mostOf(possible, (one) => one.upperBoundBytes);
  return {
    state: 'known',
    profile,
    createPeakBytes,
    runPeakBytes,
    unreclaimableBytes,
    mappedBytes,
    upperBoundBytes,
    recommendedLimitBytes: recommendedLimit(upperBoundBytes + calibration.healthCheckBytes, mappedBytes),
    peak,
    breakdown,
    idleBytes: mostOf(everywhere, (place) => total(standingOf(options, place))),
    modelBytes: mostOf(everywhere, (place) => modelBytes(options, place)),
    runBytes: mostOf(possible, ({ perWorker }) => perWorker),
    nextWorkerBytes: mostOf(possible, (one) => one.nextWorkerBytes),
    // Searches make many plans and look at the moments of none.
    get moments() {
      return Array.from({ length: run.later.length }, (_, place) => {
        const { first, later } = run;
        return tellMoment((first.bytesAt(place) > later.bytesAt(place) ? first : later).at(place));
      });
    },
  };
}

function tellMoment({ node, activationBytes, outputBytes, scratchBytes }: Moment): MemoryMoment {
  return {
    node: node.name,
    operator: node.opType,
    bytes: activationBytes + outputBytes + scratchBytes,
    activationBytes,
    outputBytes,
    scratchBytes,
  };
}

/** Mapped files need room to turn over in: a scan that is larger than its cache reads everything again (measured). */
export function recommendedLimit(upperBoundBytes: number, mappedBytes: number): number {
  return Math.ceil(upperBoundBytes + 1.08 * mappedBytes + 30 * 2 ** 20);
}

function servedInputs({ graph }: Model, sizes: SizeLookup, unknowns: Unknowns): readonly string[] {
  const names = fedInputs(graph).map(({ name }) => name);
  for (const name of [...names, ...graph.outputs.map((output) => output.name)]) {
    const size = sizes(name);
    if (!isSized(size)) unknowns.noteValue(name, size);
  }
  return names;
}
