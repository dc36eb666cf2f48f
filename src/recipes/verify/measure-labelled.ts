import type { Plan } from '../../../schemas/plan.ts';
import type { ImageVerdict, VerdictMetric } from '../../nouns/verdict.ts';
import type { MetricSetting } from '../../nouns/verify-settings.ts';
import type { Answer } from '../../verify/answer.ts';
import { intervalOf } from '../../verify/metrics/bootstrap.ts';
import { type Estimate, estimateMetric, type Slice } from '../../verify/metrics/estimate-metrics.ts';
import { type Judgement, judgeThreshold, judgeWorsening, worsening } from '../../verify/metrics/judge-metric.ts';
import { labelRows, slicesOf } from '../../verify/metrics/label-rows.ts';
import type { LabelledRows, Metric } from '../../verify/metrics/metric.ts';
import { metricNamed } from '../../verify/metrics/metrics.ts';
import { joinRows, type Tensors, takeRows } from '../../verify/rows.ts';
import { refuseTable } from '../../verify/tables/table.ts';
import type { Client } from './client.ts';
import { chunksOf, type RowsToAsk, rowsTogether } from './load-questions.ts';

/** What was measured of one metric, with why it fails, where it does. */
export interface Measured {
  readonly metric: VerdictMetric;
  readonly faults: readonly Fault[];
}

export interface Fault {
  readonly what: 'under-threshold' | 'worse-than-released';
  readonly judgement: Exclude<Judgement, 'pass'>;
  readonly message: string;
  /** Where it is inconclusive. */
  readonly missing: string | null;
  /** Units in which it shows; all where it is the whole. */
  readonly slice: Slice | null;
}

export type LabelledOutcome =
  | { readonly state: 'measured'; readonly rows: RowsToAsk; readonly measured: readonly Measured[] }
  | { readonly state: 'unanswered'; readonly rows: RowsToAsk; readonly request: Tensors; readonly answer: Answer };

/** Asks the image for all rows of a table and measures its answers by their labels. */
export async function measureLabelled(
  rows: RowsToAsk,
  {
    client,
    plan,
    released,
  }: { readonly client: Client; readonly plan: Plan; readonly released: ImageVerdict | undefined },
): Promise<LabelledOutcome> {
  const parts: Tensors[] = [];
  for (const chunk of chunksOf(rows.table.rows, rowsTogether(plan))) {
    const request = takeRows(rows.inputs, chunk);
    const answer = await client.ask(request, 'binary');
    if (answer.state !== 'answered') return { state: 'unanswered', rows, request, answer };
    parts.push(answer.outputs);
  }
  const answers = joinRows(parts);
  if (answers === null)
    throw refuseTable(rows.table.file, 'cannot be measured: the outputs have other shapes from row to row');
  const labelled = labelRows({ table: rows.table, setting: rows.setting, answers });
  const slices = slicesOf(rows);
  const measured = Object.entries(rows.setting.metrics).map(([name, setting]) =>
    measureOne(name, { setting, rows, labelled, slices, released }),
  );
  return { state: 'measured', rows, measured };
}

interface Measuring {
  readonly setting: MetricSetting;
  readonly rows: RowsToAsk;
  readonly labelled: LabelledRows;
  readonly slices: readonly Slice[];
  readonly released: ImageVerdict | undefined;
}

function measureOne(name: string, { setting, rows, labelled, slices, released }: Measuring): Measured {
  const metric = metricNamed(name);
  if (metric === undefined || !isFor(metric, labelled))
    throw refuseTable(rows.table.file, `cannot be measured by ${name}: ${WANTED[metric?.needs ?? 'classes']}`);
  const estimates = estimateMetric(metric, labelled, slices);
  const before = releasedMetric(released, { rows, name });
  const comparison =
    before && compare(metric, { now: estimates.overall, before: before.overall, allowed: setting.worse ?? 0 });
  const sliced = slices.map((slice, at) => ({ slice, estimate: estimates.slices[at] as Estimate }));
  const faults = [
    ...thresholdFaults(name, { setting, overall: estimates.overall, sliced }),
    ...(released && !before ? [noComparison(name)] : []),
    ...(before ? releasedFaults(name, { metric, before, setting, overall: estimates.overall, sliced }) : []),
  ];
  return {
    metric: {
      data: rows.setting.file,
      dataDigest: rows.digest,
      output: rows.setting.scores ?? rows.setting.prediction ?? '',
      metric: name,
      better: metric.better,
      overall: documentOf(estimates.overall),
      slices: sliced.map(({ slice, estimate }) => ({
        column: slice.column,
        value_of_column: slice.value,
        ...documentOf(estimate),
      })),
      worst: worstOf(metric, sliced),
      threshold:
        setting.min === undefined && setting.max === undefined
          ? null
          : { min: setting.min ?? null, max: setting.max ?? null, slices: setting.slices },
      released: comparison ?? null,
      outcome: faults.some(({ judgement }) => judgement === 'fail')
        ? 'fail'
        : faults.length > 0
          ? 'inconclusive'
          : 'pass',
    },
    faults,
  };
}

const WANTED: Readonly<Record<Metric['needs'], string>> = {
  classes: 'it takes classes, as labels and as the output that is named "prediction"',
  scores: 'it takes a score for each class, by the key "scores"',
  values: 'it takes numbers, as labels and as the output that is named "prediction"',
  queries: 'it takes a score for each class by the key "scores", or rows that belong to queries by the key "query"',
};

function isFor({ needs }: Metric, { classes, values, queries }: LabelledRows): boolean {
  if (needs === 'classes') return classes !== undefined;
  if (needs === 'scores') return classes?.scores != null;
  return (needs === 'values' ? values : queries) !== undefined;
}

interface Sliced {
  readonly slice: Slice;
  readonly estimate: Estimate;
}

interface Held {
  readonly setting: MetricSetting;
  readonly overall: Estimate;
  readonly sliced: readonly Sliced[];
}

function thresholdFaults(name: string, { setting, overall, sliced }: Held): readonly Fault[] {
  const threshold = { min: setting.min ?? null, max: setting.max ?? null };
  const wanted = [
    setting.min === undefined ? '' : `at least ${setting.min}`,
    setting.max === undefined ? '' : `at most ${setting.max}`,
  ]
    .filter(Boolean)
    .join(' and ');
  const held = [{ estimate: overall, slice: null as Slice | null }, ...(setting.slices ? sliced : [])];
  return held.flatMap(({ estimate, slice }): Fault[] => {
    const judgement = judgeThreshold(estimate, threshold);
    if (judgement === 'pass' || wanted === '') return [];
    const where = slice === null ? '' : ` where ${slice.column} is ${slice.value}`;
    const message = `${name}${where} is ${estimateText(estimate)}, wanted ${wanted}`;
    const missing = judgement === 'fail' ? null : TOO_FEW;
    return [{ what: 'under-threshold', judgement, message, missing, slice }];
  });
}

const TOO_FEW = 'enough labelled rows: the interval reaches over the threshold';

/** The same metric of the released model, on the very same rows. */
function releasedMetric(
  released: ImageVerdict | undefined,
  { rows, name }: { readonly rows: RowsToAsk; readonly name: string },
) {
  return released?.metrics.find(
    ({ dataDigest, metric, data }) => metric === name && data === rows.setting.file && dataDigest === rows.digest,
  );
}

interface Compared {
  readonly now: Estimate;
  readonly before: VerdictMetric['overall'];
  readonly allowed: number;
}

/** By how much it got worse; both models were drawn the same rows, so that draws are held against each other one by one. */
function compare(metric: Metric, { now, before, allowed }: Compared): NonNullable<VerdictMetric['released']> | null {
  if (before.value === null) return null;
  const difference = now.value === null ? null : worsening(metric.better, now.value, before.value);
  const paired = now.replicates.map((value, at) => {
    const other = before.replicates?.[at] ?? null;
    return value === null || other === null ? null : worsening(metric.better, value, other);
  });
  return { value: before.value, difference, interval: intervalOf(paired, now.interval?.confidence ?? 0.95), allowed };
}

function releasedFaults(
  name: string,
  { metric, before, setting, overall, sliced }: Held & { readonly metric: Metric; readonly before: VerdictMetric },
): readonly Fault[] {
  const allowed = setting.worse ?? 0;
  const pairs = [
    { now: overall, earlier: before.overall, slice: null as Slice | null },
    ...sliced.flatMap(({ slice, estimate }) => {
      const earlier = before.slices.find(
        ({ column, value_of_column }) => column === slice.column && value_of_column === slice.value,
      );
      return earlier ? [{ now: estimate, earlier, slice }] : [];
    }),
  ];
  return pairs.flatMap(({ now, earlier, slice }): Fault[] => {
    const compared = compare(metric, { now, before: earlier, allowed });
    if (compared === null) return [];
    const judgement = judgeWorsening({ value: compared.difference, interval: compared.interval }, allowed);
    // What may be chance is no finding against a release: only what is surely worse.
    if (judgement !== 'fail') return [];
    const where = slice === null ? '' : ` where ${slice.column} is ${slice.value}`;
    const message = `${name}${where} is ${estimateText(now)}, the released model’s ${short(compared.value)}: worse by ${short(compared.difference ?? 0)}, ${short(compared.interval?.low ?? 0)} at the least; allowed is ${allowed}`;
    return [
      {
        what: 'worse-than-released',
        judgement,
        message,
        missing: null,
        slice,
      },
    ];
  });
}

function noComparison(name: string): Fault {
  return {
    what: 'worse-than-released',
    judgement: 'inconclusive',
    message: `${name} cannot be held against the released model’s`,
    missing: `${name} of the very same rows in the verdict of the released model`,
    slice: null,
  };
}

function worstOf(metric: Metric, sliced: readonly Sliced[]): VerdictMetric['worst'] {
  const known = sliced.filter(({ estimate }) => estimate.value !== null);
  const sign = metric.better === 'higher' ? 1 : -1;
  const [worst] = known.sort((a, b) => sign * ((a.estimate.value as number) - (b.estimate.value as number)));
  return worst ? { column: worst.slice.column, value_of_column: worst.slice.value } : null;
}

function documentOf({ rows, value, interval, replicates }: Estimate): VerdictMetric['overall'] {
  return {
    rows,
    value,
    interval,
    replicates: replicates.map((own) => (own === null ? null : Number(own.toPrecision(6)))),
  };
}

function estimateText({ value, interval, rows }: Estimate): string {
  if (value === null) return `not defined on ${rows} rows`;
  const range = interval === null ? '' : `, ${short(interval.low)} to ${short(interval.high)}`;
  return `${short(value)} (${rows} rows${range})`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
