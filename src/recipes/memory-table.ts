import type { MemoryTable } from '../../schemas/plan.ts';
import { axisKey } from '../nouns/axis-bound.ts';
import type { Model } from '../onnx/model.ts';
import { CALIBRATION } from '../validate/memory/calibration.ts';
import { fedInputs } from '../validate/memory/fed-inputs.ts';
import type { KnownPlan } from '../validate/memory/memory-plan.ts';
import { planMemory } from '../validate/memory/plan-memory.ts';
import { openDimensions } from '../validate/memory/undeclared.ts';
import type { Profile } from '../validate/runtime/session-options.ts';
import { batchName } from './batch-name.ts';

export interface MemoryTableFacts {
  /** As it ships. */
  readonly model: Model;
  readonly profile: Profile;
  readonly bounds: Readonly<Record<string, number>>;
  /** Rows of the largest run, where requests may share one. */
  readonly maxSize: number | null;
}

/** Sizes that are planned for an axis other than the rows: the bound and its halves. */
const MOST_SIZES = 4;

/** Plans of a large graph take some ten milliseconds each. */
const MOST_PLANS = 96;

type Axis = MemoryTable['axes'][number];

/**
 * What runs take for each size of what the model leaves open, by the packager's own plan: the server looks it up for every request.
 * `null` where a dimension has no bound, or where the plan would have to guess.
 */
export function makeMemoryTable({ model, profile, bounds, maxSize }: MemoryTableFacts): MemoryTable | null {
  const axes = axesOf(model, { bounds, maxSize });
  if (axes === null) return null;
  const plans: KnownPlan[] = [];
  for (const sizes of combinations(axes.map((axis) => axis.sizes))) {
    const plan = planMemory({ model, profile, bounds: boundsAt(axes, { sizes, bounds }), earlierRequests: 0 });
    if (plan.state === 'unknown') return null;
    plans.push(plan);
  }
  const largest = plans[plans.length - 1];
  if (largest === undefined) return null;
  // What the report recommends: with the texts of a request, after many.
  const most = axes.map(({ sizes }) => sizes[sizes.length - 1] ?? 1);
  const served = planMemory({ model, profile, bounds: boundsAt(axes, { sizes: most, bounds }), transport: 'json' });
  if (served.state === 'unknown') return null;
  const { javascriptSteadyBytes, marginFactor, marginBytes } = CALIBRATION;
  const rows = maxSize === null ? -1 : axes.findIndex((axis) => axis.name === batchName(model));
  return {
    idleBytes: Math.ceil(largest.idleBytes + javascriptSteadyBytes),
    modelBytes: Math.floor(largest.modelBytes),
    createPeakBytes: Math.ceil(largest.createPeakBytes),
    workerBytes: Math.ceil(largest.nextWorkerBytes - largest.runBytes),
    mappedBytes: Math.ceil(largest.mappedBytes),
    marginFactor,
    marginBytes,
    recommendedLimitBytes: served.recommendedLimitBytes,
    axes,
    rowsAxis: rows < 0 ? null : rows,
    runBytes: risingAlong(
      axes,
      plans.map((plan) => plan.runBytes),
    ),
  };
}

/** The axes at these sizes; values inside the graph keep their bounds. */
function boundsAt(
  axes: readonly Axis[],
  { sizes, bounds }: { readonly sizes: readonly number[] } & Pick<MemoryTableFacts, 'bounds'>,
): ReadonlyMap<string, number> {
  return new Map([...Object.entries(bounds), ...axes.map(({ name }, place) => [name, sizes[place] ?? 1] as const)]);
}

/** The open dimensions with the sizes to plan for; `null` where one has no bound. */
function axesOf(model: Model, { bounds, maxSize }: Pick<MemoryTableFacts, 'bounds' | 'maxSize'>): Axis[] | null {
  const rows = batchName(model);
  const axes: Axis[] = [];
  for (const name of openDimensions(model, new Map())) {
    const bound = name === rows && maxSize !== null ? maxSize : bounds[name];
    const place = placeOf(model, name);
    if (bound === undefined || place === undefined) return null;
    axes.push({ name, ...place, sizes: name === rows ? powersUpTo(bound) : halvesOf(bound) });
  }
  // The table stays small: of further axes only the bound is planned for.
  const plans = () => axes.reduce((product, { sizes }) => product * sizes.length, 1);
  for (let place = axes.length - 1; place >= 0 && plans() > MOST_PLANS; place--) {
    const axis = axes[place] as Axis;
    if (axis.name !== rows) axes[place] = { ...axis, sizes: axis.sizes.slice(-1) };
  }
  return axes;
}

function placeOf({ graph }: Model, dimension: string): { readonly input: string; readonly axis: number } | undefined {
  for (const { name, type } of fedInputs(graph)) {
    if (type?.kind !== 'tensor') continue;
    const axis = type.shape?.findIndex((size, place) => size === dimension || axisKey(name, place) === dimension) ?? -1;
    if (axis >= 0) return { input: name, axis };
  }
  return undefined;
}

function powersUpTo(bound: number): number[] {
  const powers = Array.from({ length: Math.ceil(Math.log2(bound)) }, (_, exponent) => 2 ** exponent);
  return [...powers, bound];
}

function halvesOf(bound: number): number[] {
  const halves = Array.from({ length: MOST_SIZES }, (_, times) => Math.ceil(bound / 2 ** times));
  return [...new Set(halves)].sort((a, b) => a - b);
}

/** The last list varies fastest. */
function combinations(lists: readonly (readonly number[])[]): number[][] {
  return lists.reduce<number[][]>((all, list) => all.flatMap((some) => list.map((size) => [...some, size])), [[]]);
}

/** Lifts each figure to the largest at smaller sizes: a size between two planned ones is taken for the larger. */
function risingAlong(axes: readonly Axis[], figures: readonly number[]): number[] {
  const risen = [...figures];
  let stride = 1;
  for (let axis = axes.length - 1; axis >= 0; axis--) {
    const length = axes[axis]?.sizes.length ?? 1;
    for (let index = 0; index < risen.length; index++) {
      if (Math.floor(index / stride) % length === 0) continue;
      risen[index] = Math.max(risen[index] ?? 0, risen[index - stride] ?? 0);
    }
    stride *= length;
  }
  return risen;
}
