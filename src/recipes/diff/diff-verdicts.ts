import type { MetricChange, VerdictDifference } from '../../nouns/difference.ts';
import type { ChangedFact } from '../../nouns/model-difference.ts';
import type { ImageVerdict, VerdictFailure, VerdictMetric } from '../../nouns/verdict.ts';
import { intervalOf } from '../../verify/metrics/bootstrap.ts';

/** What changed from the verdict on one image to that on another: of a model after a change, mostly. */
export function diffVerdicts(before: ImageVerdict, after: ImageVerdict): VerdictDifference {
  const metrics = metricChanges(before.metrics, after.metrics);
  const figures = figuresOf(before, after);
  const failures = {
    added: without(after.failures, before.failures),
    gone: without(before.failures, after.failures),
  };
  return {
    kind: 'verdict',
    same:
      before.verdict === after.verdict &&
      [figures, metrics].every((facts) =>
        facts.every((fact) => JSON.stringify(fact.from) === JSON.stringify(fact.to)),
      ) &&
      failures.added.length + failures.gone.length === 0,
    breaking: false,
    verdict: { from: before.verdict, to: after.verdict },
    image: { from: before.image.name, to: after.image.name },
    figures,
    metrics,
    failures,
  };
}

function figuresOf(before: ImageVerdict, after: ImageVerdict): readonly ChangedFact[] {
  const facts: readonly (readonly [string, (verdict: ImageVerdict) => string | number | null])[] = [
    ['version', ({ model }) => model.version],
    ['memory limit, bytes', ({ place }) => place.limitBytes],
    ['platform', ({ image }) => image.platform],
    ['onnxruntime', ({ runtime }) => runtime.onnxruntime],
    ['Node', ({ runtime }) => runtime.node],
    ...loadFacts(before, after),
  ];
  return facts
    .map(([what, of]): ChangedFact => ({ what, from: of(before), to: of(after) }))
    .filter(({ from, to }) => from !== null || to !== null);
}

/** The median of a budget's rounds: one of them may be the machine's bad moment. */
function loadFacts(before: ImageVerdict, after: ImageVerdict) {
  const titles = [...new Set([...before.load, ...after.load].map(titleOf))];
  return titles.map(
    (title) =>
      [
        title,
        ({ load }: ImageVerdict) => {
          const found = load.find((one) => titleOf(one) === title);
          const sorted = (found?.rounds ?? [])
            .map((round) => (found?.budget === 'latency' ? round.p99Ms : round.rowsPerSecond))
            .sort((a, b) => a - b);
          const middle = sorted[Math.floor(sorted.length / 2)];
          return middle === undefined ? null : Number(middle.toPrecision(3));
        },
      ] as const,
  );
}

function titleOf({ budget, rowsPerSecond }: ImageVerdict['load'][number]): string {
  return budget === 'latency' ? `p99 at ${rowsPerSecond} rows/s, ms` : `rows/s of ${rowsPerSecond}`;
}

type Slice = { readonly column: string; readonly value: string } | null;
type Estimate = VerdictMetric['overall'];

function metricChanges(before: readonly VerdictMetric[], after: readonly VerdictMetric[]): readonly MetricChange[] {
  const keyOf = ({ data, metric, output }: VerdictMetric) => JSON.stringify([data, metric, output]);
  const keys = [...new Set([...after, ...before].map(keyOf))];
  return keys.flatMap((key) => {
    const [old, now] = [before, after].map((metrics) => metrics.find((metric) => keyOf(metric) === key));
    const metric = (now ?? old) as VerdictMetric;
    // Draws go together only where they are of the same rows.
    const isPaired = old !== undefined && old.dataDigest === now?.dataDigest;
    return slicesOf(old, now).map((slice): MetricChange => {
      const [from, to] = [estimateOf(old, slice), estimateOf(now, slice)];
      const difference = isPaired ? differenceOf(from, to) : null;
      return {
        data: metric.data,
        metric: metric.metric,
        better: metric.better,
        slice,
        from: settled(from),
        to: settled(to),
        difference,
      };
    });
  });
}

function slicesOf(...metrics: readonly (VerdictMetric | undefined)[]): readonly Slice[] {
  const named = metrics
    .flatMap((metric) => metric?.slices ?? [])
    .map(({ column, value_of_column: value }) => JSON.stringify({ column, value }));
  return [null, ...[...new Set(named)].map((text) => JSON.parse(text) as Slice)];
}

function estimateOf(metric: VerdictMetric | undefined, slice: Slice): Estimate | undefined {
  if (slice === null) return metric?.overall;
  return metric?.slices.find(
    ({ column, value_of_column }) => column === slice.column && value_of_column === slice.value,
  );
}

function settled(estimate: Estimate | undefined): MetricChange['from'] {
  return estimate ? { value: estimate.value, rows: estimate.rows, interval: estimate.interval } : null;
}

/** By the same draws of the rows, one by one; `null` where a verdict does not have them any more. */
function differenceOf(from: Estimate | undefined, to: Estimate | undefined): MetricChange['difference'] {
  if (!from?.replicates || !to?.replicates || from.value === null || to.value === null) return null;
  const paired = to.replicates.map((value, at) => {
    const other = from.replicates?.[at] ?? null;
    return value === null || other === null ? null : value - other;
  });
  return { value: to.value - from.value, interval: intervalOf(paired, to.interval?.confidence ?? CONFIDENCE) };
}

const CONFIDENCE = 0.95;

/** Failures that others do not have; numbers in their messages make no other failure. */
function without(failures: readonly VerdictFailure[], others: readonly VerdictFailure[]): readonly VerdictFailure[] {
  const keyOf = ({ check, what, owner, case: name, output }: VerdictFailure) =>
    JSON.stringify([check, what, owner, name, output]);
  const known = new Set(others.map(keyOf));
  return failures.filter((failure) => !known.has(keyOf(failure)));
}
