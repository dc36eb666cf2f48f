import { axisKey } from '../nouns/axis-bound.ts';
import type { ValueInfo } from '../onnx/model.ts';
import { CALIBRATION } from '../validate/memory/calibration.ts';
import type { KnownPlan } from '../validate/memory/memory-plan.ts';
import { type PlanOptions, planMemory } from '../validate/memory/plan-memory.ts';
import { transportBytes } from '../validate/memory/transport.ts';
import { elementBytes, type SizeLookup } from '../validate/memory/value-sizes.ts';

export interface ServingOptions extends Omit<PlanOptions, 'earlierRequests'> {
  /** The longest body that the server takes; any if not given. */
  readonly bodyBytes?: number;
}

const MIB = 2 ** 20;

/** As the server shares out its limit (scheduling/load-line.ts); a test holds both to each other. */
const GARBAGE_BYTES = 12 * MIB;
const REQUESTS_FLOOR_BYTES = 4 * MIB;
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
  const request = Math.max(REQUESTS_FLOOR_BYTES, requestBytes(options));
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

/** A request and its answer: tensors, the text that comes in, and the text that goes out, which is there twice for a moment. */
function requestBytes({ model: { graph }, bounds, bodyBytes }: ServingOptions): number {
  const stored = new Set(graph.initializers.map(({ name }) => name));
  const inputs = graph.inputs.filter(({ name }) => !stored.has(name));
  const sizes = declaredSizes([...inputs, ...graph.outputs], bounds);
  const names = (values: readonly ValueInfo[]) => values.map(({ name }) => name);
  const texts = (ins: readonly string[], outs: readonly string[]) =>
    transportBytes('json', { inputs: ins, outputs: outs, sizes, bodyBytes });
  const tensors = transportBytes('binary', { inputs: names(inputs), outputs: names(graph.outputs), sizes });
  return tensors + texts(names(inputs), []) + 2 * texts([], names(graph.outputs));
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
