import assert from 'node:assert/strict';
import { randomNumbers } from '../../../src/nouns/random-numbers.ts';
import { intervalOf, replicatesOf } from '../../../src/verify/metrics/bootstrap.ts';
import { estimateMetric } from '../../../src/verify/metrics/estimate-metrics.ts';
import { judgeThreshold, worsening } from '../../../src/verify/metrics/judge-metric.ts';
import { labelRows, slicesOf } from '../../../src/verify/metrics/label-rows.ts';
import type { LabelledRows } from '../../../src/verify/metrics/metric.ts';
import { metricNamed } from '../../../src/verify/metrics/metrics.ts';

/** Rows of which this share was predicted right. */
const rowsRight = (share: number, units: number): LabelledRows => {
  const labels = Int32Array.from({ length: units }, (_, row) => row % 2);
  const predicted = labels.map((label, row) => (row < share * units ? label : 1 - label));
  return { units, classes: { labels, predicted, count: 2, scores: null } };
};
const accuracy = metricNamed('accuracy') as NonNullable<ReturnType<typeof metricNamed>>;

describe('The interval of a metric', () => {
  it('holds the truth as often as it says, by samples from a known one', () => {
    const random = randomNumbers(3);
    let holds = 0;
    for (let sample = 0; sample < 100; sample++) {
      const labels = new Int32Array(120);
      const predicted = labels.map(() => (random() < 0.8 ? 0 : 1));
      const interval = estimateMetric(
        accuracy,
        { units: 120, classes: { labels, predicted, count: 2, scores: null } },
        [],
      ).overall.interval;
      if (interval && interval.low <= 0.8 && interval.high >= 0.8) holds += 1;
    }
    assert.ok(holds >= 88, `${holds} of 100`);
  });

  it('is the same each time, and wider within slices, which are many', () => {
    const rows = rowsRight(0.8, 100);
    const slices = ['a', 'b', 'c', 'd'].map((value, at) => ({
      column: 'k',
      value,
      units: [...Array(100).keys()].filter((row) => row % 4 === at),
    }));
    const first = estimateMetric(accuracy, rows, slices);
    assert.deepEqual(first, estimateMetric(accuracy, rows, slices));
    assert.deepEqual(
      first.slices.map(({ interval }) => interval?.confidence),
      [0.9875, 0.9875, 0.9875, 0.9875],
    );
  });

  it('is none where most draws do not define the metric', () => {
    assert.equal(
      intervalOf(
        replicatesOf(() => null, { units: 3, seed: 1 }),
        0.95,
      ),
      null,
    );
  });
});

describe('A threshold', () => {
  const estimateOf = (share: number, units: number) => estimateMetric(accuracy, rowsRight(share, units), []).overall;
  const rows: readonly [string, number, number, string][] = [
    ['is kept by an estimate above it', 0.95, 400, 'pass'],
    ['is broken where all of the interval lies below it', 0.8, 400, 'fail'],
    ['is left open where the interval reaches over it', 0.85, 40, 'inconclusive'],
  ];
  for (const [title, share, units, judgement] of rows) {
    it(title, () => assert.equal(judgeThreshold(estimateOf(share, units), { min: 0.9, max: null }), judgement));
  }

  it('is left open where the metric is not defined', () => {
    assert.equal(judgeThreshold({ value: null, interval: null }, { min: 0.9, max: null }), 'inconclusive');
  });

  it('counts worse as worse in both directions', () => {
    assert.ok(worsening('higher', 0.8, 0.9) > 0 && worsening('lower', 0.9, 0.8) > 0);
  });
});

describe('Labels beside answers', () => {
  const tableOf = (columns: Record<string, readonly (string | number)[]>) => ({
    file: 'rows.csv',
    rows: Object.values(columns)[0]?.length ?? 0,
    columns: new Map(Object.entries(columns).map(([name, cells]) => [name, { rowShape: [], cells }])),
  });
  const scores = { name: 's', datatype: 'FP32' as const, shape: [2, 3], data: [0.1, 0.8, 0.1, 0.7, 0.2, 0.1] };

  it('take scores in the order of the labels, of the named classes, or of whole numbers', () => {
    const label = (cells: readonly (string | number)[], classes?: string[]) =>
      labelRows({
        table: tableOf({ l: cells }),
        setting: { label: 'l', scores: 's', slices: [], ...(classes && { classes }) },
        answers: [scores],
      }).classes;
    assert.deepEqual(label([1, 0])?.labels, Int32Array.of(1, 0));
    assert.deepEqual(label(['b', 'a'], ['c', 'b', 'a'])?.labels, Int32Array.of(1, 2));
    assert.deepEqual(label(['b', 'a'], ['c', 'b', 'a'])?.predicted, Int32Array.of(1, 0));
    assert.throws(() => label(['b', 'a']), /has 2 classes and the model 3 scores; say with the key "classes"/);
  });

  it('take one score for that of the second of two classes', () => {
    const answers = [{ name: 's', datatype: 'FP32' as const, shape: [2, 1], data: [0.25, 0.75] }];
    const rows = labelRows({
      table: tableOf({ l: [0, 1] }),
      setting: { label: 'l', scores: 's', slices: [] },
      answers,
    });
    assert.deepEqual(rows.classes?.scores, Float64Array.of(0.75, 0.25, 0.25, 0.75));
  });

  it('are values and classes where whole numbers are predicted, and only values for others', () => {
    const rows = (datatype: 'FP32' | 'INT64') =>
      labelRows({
        table: tableOf({ l: [1, 2] }),
        setting: { label: 'l', prediction: 'p', slices: [] },
        answers: [{ name: 'p', datatype, shape: [2], data: [1, 3] }],
      });
    assert.deepEqual(rows('FP32').values?.predicted, Float64Array.of(1, 3));
    assert.equal(rows('FP32').classes, undefined);
    assert.equal(rows('INT64').classes?.count, 3);
  });

  it('belong to queries where a column says so, and slices to their queries', () => {
    const table = tableOf({ l: [1, 0, 2], q: ['a', 'b', 'a'], s: ['x', 'y', 'x'] });
    const setting = { label: 'l', prediction: 'p', query: 'q', slices: ['s'] };
    const rows = labelRows({
      table,
      setting,
      answers: [{ name: 'p', datatype: 'FP32', shape: [3], data: [0.5, 0.1, 0.9] }],
    });
    assert.deepEqual(
      rows.queries?.map(({ relevance }) => [...relevance]),
      [[1, 2], [0]],
    );
    assert.deepEqual(
      slicesOf({ table, setting }).map(({ value, units }) => [value, units]),
      [
        ['x', [0]],
        ['y', [1]],
      ],
    );
  });
});
