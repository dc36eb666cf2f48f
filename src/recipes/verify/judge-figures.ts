import type { VerdictLoad } from '../../nouns/verdict.ts';
import type { Owners } from '../../nouns/verify-settings.ts';
import type { Slice } from '../../verify/metrics/estimate-metrics.ts';
import { responsibleFor } from '../../verify/responsible.ts';
import { takeRows } from '../../verify/rows.ts';
import type { Told } from '../../verify/tell-cause.ts';
import type { Attributed } from './attribute-problem.ts';
import { noAnswer } from './checks/questioning.ts';
import type { Fault, LabelledOutcome } from './measure-labelled.ts';
import type { Problem } from './problem.ts';

/** Failures of metrics, which are the model's. */
export function metricFailures(outcomes: readonly LabelledOutcome[], owners: Owners): readonly Attributed[] {
  return outcomes.flatMap((outcome): readonly Attributed[] => {
    if (outcome.state !== 'measured') return [];
    return outcome.measured.flatMap(({ faults }) => faults.map((fault) => metricFailure(fault, outcome, owners)));
  });
}

/** Rows that were not answered: as much a problem as a case that is not. */
export function metricProblems(outcomes: readonly LabelledOutcome[]): readonly Problem[] {
  return outcomes.flatMap((outcome) =>
    outcome.state === 'unanswered'
      ? [
          noAnswer(
            { check: 'metrics', caseName: outcome.rows.setting.file, request: outcome.request, way: 'binary' },
            outcome.answer,
          ),
        ]
      : [],
  );
}

function metricFailure(
  { what, judgement, message, missing, slice }: Fault,
  { rows }: Extract<LabelledOutcome, { state: 'measured' }>,
  owners: Owners,
): Attributed {
  const row = slice === null ? 0 : firstRowOf(rows, slice);
  const told: Told =
    judgement === 'fail'
      ? {
          owner: 'statistical',
          cause: 'model',
          missing: null,
          mend: 'The answers are what the model gives: look at the rows of this data, at their labels and preprocessing first, then at the training.',
        }
      : {
          owner: 'inconclusive',
          cause: null,
          missing,
          mend: `Add labelled rows to ${rows.setting.file}, or verify the released image on the same rows.`,
        };
  const evidence = [`${rows.table.rows} labelled rows of ${rows.setting.file}, resampled a thousand times`];
  return attributed({ told, what, message, evidence }, { request: takeRows(rows.inputs, [row]), owners });
}

/** One row of the slice: what a model is asked about there. */
function firstRowOf(
  { table }: Extract<LabelledOutcome, { state: 'measured' }>['rows'],
  { column, value }: Slice,
): number {
  const found = table.columns.get(column)?.cells.findIndex((cell) => String(cell ?? '') === value) ?? 0;
  return Math.max(0, found);
}

interface Said {
  readonly told: Told;
  readonly what: string;
  readonly message: string;
  readonly evidence: string[];
}

function attributed(
  { told, what, message, evidence }: Said,
  { request, owners }: { readonly request: Attributed['shown']['request']; readonly owners: Owners },
): Attributed {
  return {
    failure: {
      check: 'metrics',
      what,
      ...told,
      responsible: responsibleFor(told, owners),
      case: null,
      output: null,
      message,
      evidence,
    },
    shown: { request, rows: null, requests: 1, way: 'json' },
  };
}

/** Failures of budgets of time, which are the system's; on a machine that is too noisy nobody's. */
export function loadFailures(
  loads: readonly VerdictLoad[],
  { owners, request }: { readonly owners: Owners; readonly request: Attributed['shown']['request'] },
): readonly Attributed[] {
  return loads.flatMap((load): readonly Attributed[] => {
    if (load.outcome === 'pass') return [];
    const told: Told =
      load.outcome === 'fail'
        ? {
            owner: 'system',
            cause: 'server',
            missing: null,
            mend: 'Give it more processors, try serve.profile: fast, larger batches or more concurrency, or a smaller model.',
          }
        : {
            owner: 'inconclusive',
            cause: 'machine',
            missing: 'a quiet machine: its own timers are late, or rounds disagree',
            mend: 'Verify where nothing else runs.',
          };
    const failure: Attributed['failure'] = {
      check: 'load',
      what: load.budget,
      ...told,
      responsible: responsibleFor(told, owners),
      case: null,
      output: null,
      message: loadMessage(load),
      evidence: load.rounds.map(
        ({ requests, failed, p50Ms, p99Ms }) =>
          `${requests} requests, ${failed} failed: median ${short(p50Ms)} ms, p99 ${short(p99Ms)} ms`,
      ),
    };
    return [{ failure, shown: { request, rows: null, requests: 1, way: 'json' } }];
  });
}

function loadMessage({ budget, limits, rounds, rowsPerSecond }: VerdictLoad): string {
  const p99 = rounds.map(({ p99Ms }) => p99Ms);
  if (budget === 'latency')
    return `at ${rowsPerSecond} rows/s the p99 is ${short(Math.min(...p99))} to ${short(Math.max(...p99))} ms, wanted at most ${limits.p99Ms}${limits.p50Ms === null ? '' : `, and a median of at most ${limits.p50Ms}`}`;
  const rates = rounds.map((round) => round.rowsPerSecond);
  return `of ${rowsPerSecond} rows/s ${short(Math.min(...rates))} to ${short(Math.max(...rates))} were answered`;
}

function short(value: number): string {
  return value >= Number.MAX_SAFE_INTEGER ? 'endless' : String(Number(value.toPrecision(3)));
}
