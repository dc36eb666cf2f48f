import { axisKey } from '../../nouns/axis-bound.ts';
import type { Dimension, Model, ValueInfo } from '../../onnx/model.ts';
import { inferShapes } from '../shapes/infer-shapes.ts';
import { CALIBRATION } from './calibration.ts';
import { fedInputs } from './fed-inputs.ts';
import type { KnownPlan } from './memory-plan.ts';
import { type PlanOptions, planMemory } from './plan-memory.ts';
import { transportBytes } from './transport.ts';
import { elementBytes, isSized, type SizeLookup, sizesOf } from './value-sizes.ts';

export interface ServingOptions extends Omit<PlanOptions, 'earlierRequests'> {
  /** The longest body that the server takes; any if not given. */
  readonly bodyBytes?: number;
}

const MIB = 2 ** 20;

/** As the server shares out its limit (scheduling/load-line.ts); a test holds both to each other. */
const GARBAGE_BYTES = 12 * MIB;
const REQUESTS_FLOOR_BYTES = 4 * MIB;
const REQUEST_SHARE = 0.5;
const MAPPED_FACTOR = 1.08;
const MAPPED_BYTES = 30 * MIB;
/** It rounds each part up by itself. */
const ROUNDING_BYTES = 4096;

/**
 * The limit from which on the server lets one request at the bounds in, with nothing cut down: it turns away what would not fit,
 * so a lower limit would be kept, and the request not answered. `null` where no plan can be made.
 */
export function servingLimit(options: ServingOptions): number | null {
  const plan = planMemory({ ...options, workers: 1, earlierRequests: 0 });
  if (plan.state === 'unknown') return null;
  const workers = options.workers ?? 1;
  const request = Math.max(REQUESTS_FLOOR_BYTES, requestsBytes(options));
  return Math.ceil(
    standingBytes(plan, workers) +
      GARBAGE_BYTES +
      request +
      workers * plan.runBytes +
      MAPPED_FACTOR * plan.mappedBytes +
      MAPPED_BYTES +
      ROUNDING_BYTES,
  );
}

/**
 * Heavy models run on threads of their own, and the one that takes requests in then has no session; which are heavy shows only when
 * they run.
 */
function standingBytes({ idleBytes, modelBytes, nextWorkerBytes, runBytes }: KnownPlan, workers: number): number {
  const { javascriptSteadyBytes, marginFactor, marginBytes } = CALIBRATION;
  const onThreads = idleBytes - modelBytes + workers * (nextWorkerBytes - runBytes);
  const standing = Math.max(idleBytes, onThreads) + javascriptSteadyBytes;
  return standing * (1 + marginFactor) + marginBytes;
}

/**
 * Room for requests in which the server takes in one at the bounds: its body, and then beside it its tensors with its answer, may each
 * take a share of it. The text of an answer is there twice for a moment.
 */
function requestsBytes({ model, bounds, bodyBytes }: ServingOptions): number {
  const { graph } = model;
  const inputs = fedInputs(graph);
  const sizes = servedSizes(model, [...inputs, ...graph.outputs], bounds);
  const [ins, outs] = [inputs, graph.outputs].map((values) => values.map(({ name }) => name)) as [string[], string[]];
  const body = transportBytes('json', { inputs: ins, outputs: [], sizes, bodyBytes });
  const tensors = transportBytes('binary', { inputs: ins, outputs: outs, sizes });
  const answer = 2 * transportBytes('json', { inputs: [], outputs: outs, sizes });
  return Math.max(body, tensors + answer) / REQUEST_SHARE;
}

/** As the model declares them; outputs whose sizes no input shows, and of which the server learns from its answers, as they are inferred. */
function servedSizes(model: Model, values: readonly ValueInfo[], bounds: ReadonlyMap<string, number>): SizeLookup {
  const declared = declaredSizes(values, bounds);
  const isOpen = values.some(({ type }) => type?.kind === 'tensor' && isOpenShape(type.shape, bounds));
  if (!isOpen) return declared;
  const inferred = sizesOf(inferShapes(model, { bounds }), undefined);
  return (name) => {
    const [told, found] = [declared(name), inferred(name)];
    return isSized(found) && (!isSized(told) || found.bytes > told.bytes) ? found : told;
  };
}

function isOpenShape(shape: readonly Dimension[] | null, bounds: ReadonlyMap<string, number>): boolean {
  return shape === null || shape.some((size) => typeof size !== 'number' && (size === null || !bounds.has(size)));
}

/** As the model declares them, at the bounds; a size that nothing bounds counts as one. */
function declaredSizes(values: readonly ValueInfo[], bounds: ReadonlyMap<string, number>): SizeLookup {
  const known = new Map(
    values.flatMap(({ name, type }) => {
      if (type?.kind !== 'tensor') return [];
      const dims = (type.shape ?? []).map((size, axis) =>
        typeof size === 'number' ? Math.max(0, size) : (bounds.get(size ?? axisKey(name, axis)) ?? 1),
      );
      const bytes = dims.reduce((product, size) => product * size, elementBytes(type.elementType) ?? 0);
      return [[name, { name, elementType: type.elementType, dims, bytes, sameness: null }] as const];
    }),
  );
  return (name) => known.get(name) ?? null;
}
