import { weightedMean } from './classification.ts';
import type { LabelledRows, Metric, Weighted } from './metric.ts';

type Values = NonNullable<LabelledRows['values']>;

/** As scikit-learn's `root_mean_squared_error`, `mean_absolute_error` and `r2_score`. */
export const REGRESSION = {
  rmse: ofValues('lower', (rows) => {
    const squares = errorsOf(rows, (error) => error * error);
    return (weights) => {
      const mean = weightedMean(squares, weights);
      return mean === null ? null : Math.sqrt(mean);
    };
  }),
  mae: ofValues('lower', (rows) => {
    const errors = errorsOf(rows, Math.abs);
    return (weights) => weightedMean(errors, weights);
  }),
  r2: ofValues('higher', determination),
} as const satisfies Readonly<Record<string, Metric>>;

function ofValues(better: Metric['better'], prepare: (rows: Values) => Weighted): Metric {
  return { better, needs: 'values', prepare: ({ values }) => prepare(values as Values) };
}

function errorsOf({ labels, predicted }: Values, loss: (error: number) => number): Float64Array {
  return Float64Array.from(labels, (label, row) => loss(label - (predicted[row] as number)));
}

function determination(rows: Values): Weighted {
  const squares = errorsOf(rows, (error) => error * error);
  return (weights) => {
    const [center, left] = [weightedMean(rows.labels, weights), weightedMean(squares, weights)];
    if (center === null || left === null) return null;
    const spread = weightedMean(
      rows.labels.map((label) => (label - center) ** 2),
      weights,
    );
    return spread === null || spread === 0 ? null : 1 - left / spread;
  };
}
