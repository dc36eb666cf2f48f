import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { largestOf } from '../../../src/verify/metrics/classification.ts';
import type { LabelledRows } from '../../../src/verify/metrics/metric.ts';
import { metricNamed } from '../../../src/verify/metrics/metrics.ts';

/** What scikit-learn said; `scripts/record-metric-oracles.py` makes the file, and `PLIMSOLL_METRIC_ORACLES` names a fresh one. */
interface Oracle {
  readonly kind: 'classes' | 'values' | 'queries';
  readonly classes?: number;
  readonly size?: number;
  readonly labels?: readonly number[];
  readonly predicted?: readonly number[];
  readonly scores?: readonly number[];
  readonly relevance?: readonly number[];
  readonly weights: readonly number[];
  readonly plain: Readonly<Record<string, number | null>>;
  readonly weighted: Readonly<Record<string, number | null>>;
}

const file = process.env.PLIMSOLL_METRIC_ORACLES ?? new URL('oracles.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { readonly cases: readonly Oracle[] };

function rowsOf({
  kind,
  classes: count = 0,
  size = 1,
  labels = [],
  predicted = [],
  scores = [],
  relevance = [],
  weights,
}: Oracle): LabelledRows {
  const units = weights.length;
  if (kind === 'values')
    return { units, values: { labels: Float64Array.from(labels), predicted: Float64Array.from(predicted) } };
  const all = Float64Array.from(scores);
  const width = kind === 'classes' ? count : size;
  const rows = Array.from({ length: units }, (_, row) => all.subarray(row * width, (row + 1) * width));
  if (kind === 'queries')
    return {
      units,
      queries: rows.map((own, at) => ({
        scores: own,
        relevance: Float64Array.from(relevance.slice(at * size, (at + 1) * size)),
      })),
    };
  return {
    units,
    classes: { labels: Int32Array.from(labels), predicted: Int32Array.from(rows, largestOf), count, scores: all },
    queries: rows.map((own, row) => ({
      scores: own,
      relevance: Float64Array.from({ length: count }, (_, at) => (at === labels[row] ? 1 : 0)),
    })),
  };
}

describe('Metrics', () => {
  for (const [index, oracle] of cases.entries()) {
    const rows = rowsOf(oracle);
    for (const way of ['plain', 'weighted'] as const) {
      it(`are scikit-learn’s: ${oracle.kind} ${index}, ${way}`, () => {
        const weights = way === 'plain' ? new Float64Array(rows.units).fill(1) : Float64Array.from(oracle.weights);
        for (const [name, wanted] of Object.entries(oracle[way])) {
          if (wanted === null) continue;
          const found = metricNamed(name)?.prepare(rows)(weights);
          assert.ok(Math.abs((found ?? Number.NaN) - wanted) < 1e-9, `${name}: found ${found}, wanted ${wanted}`);
        }
      });
    }
  }

  it('are not defined where the rows leave them open', () => {
    const one: LabelledRows = {
      units: 2,
      classes: {
        labels: Int32Array.of(0, 0),
        predicted: Int32Array.of(0, 1),
        count: 2,
        scores: Float64Array.of(0.9, 0.1, 0.4, 0.6),
      },
      values: { labels: Float64Array.of(1, 1), predicted: Float64Array.of(1, 2) },
    };
    const weights = Float64Array.of(1, 1);
    assert.equal(metricNamed('auc')?.prepare(one)(weights), null);
    assert.equal(metricNamed('r2')?.prepare(one)(weights), null);
    assert.equal(metricNamed('accuracy')?.prepare(one)(Float64Array.of(0, 0)), null);
    assert.equal(metricNamed('precision'), undefined);
    assert.equal(metricNamed('recall@0'), undefined);
  });
});
