import { type Interval, intervalOf, replicatesOf } from './bootstrap.ts';
import type { LabelledRows, Metric } from './metric.ts';

export interface Estimate {
  readonly rows: number;
  readonly value: number | null;
  readonly interval: Interval | null;
  readonly replicates: readonly (number | null)[];
}

export interface Slice {
  readonly column: string;
  readonly value: string;
  /** Units that belong to it. */
  readonly units: readonly number[];
}

const CONFIDENCE = 0.95;

/** All draws begin with this; the same rows are drawn in every run, and for every model. */
const SEED = 20_250_801;

/**
 * A metric over all rows and within each slice. The intervals of slices are as wide as it takes for all of them to hold at once (Bonferroni):
 * among many slices one looks bad by chance.
 */
export function estimateMetric(
  metric: Metric,
  rows: LabelledRows,
  slices: readonly Slice[],
): { readonly overall: Estimate; readonly slices: readonly Estimate[] } {
  const within = 1 - (1 - CONFIDENCE) / Math.max(1, slices.length);
  return {
    overall: estimate(metric, rows, CONFIDENCE),
    slices: slices.map(({ units }) => estimate(metric, takeUnits(rows, units), within)),
  };
}

function estimate(metric: Metric, rows: LabelledRows, confidence: number): Estimate {
  const weighted = metric.prepare(rows);
  const value = weighted(new Float64Array(rows.units).fill(1));
  const replicates = value === null ? [] : replicatesOf(weighted, { units: rows.units, seed: SEED });
  return { rows: rows.units, value, interval: intervalOf(replicates, confidence), replicates };
}

function takeUnits({ classes, values, queries }: LabelledRows, units: readonly number[]): LabelledRows {
  const taken = Int32Array.from(units);
  const pick = <T extends Int32Array | Float64Array>(source: T, make: (length: number) => T): T => {
    const target = make(units.length);
    taken.forEach((unit, at) => {
      target[at] = source[unit] as number;
    });
    return target;
  };
  const integers = (source: Int32Array) => pick(source, (length) => new Int32Array(length));
  const floats = (source: Float64Array) => pick(source, (length) => new Float64Array(length));
  return {
    units: units.length,
    ...(classes && {
      classes: {
        count: classes.count,
        labels: integers(classes.labels),
        predicted: integers(classes.predicted),
        scores: classes.scores && rowsOf(classes.scores, { units: taken, width: classes.count }),
      },
    }),
    ...(values && { values: { labels: floats(values.labels), predicted: floats(values.predicted) } }),
    ...(queries && { queries: units.map((unit) => queries[unit] as NonNullable<LabelledRows['queries']>[number]) }),
  };
}

function rowsOf(
  scores: Float64Array,
  { units, width }: { readonly units: Int32Array; readonly width: number },
): Float64Array {
  const taken = new Float64Array(units.length * width);
  units.forEach((unit, at) => {
    taken.set(scores.subarray(unit * width, (unit + 1) * width), at * width);
  });
  return taken;
}
