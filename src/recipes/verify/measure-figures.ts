import type { Config } from '../../nouns/config.ts';
import type { ImageVerdict } from '../../nouns/verdict.ts';
import { rowsOf, type Tensors, takeRows } from '../../verify/rows.ts';
import type { Workbench } from '../workbench.ts';
import type { Questioning } from './checks/questioning.ts';
import type { RowsToAsk } from './load-questions.ts';
import { type LabelledOutcome, measureLabelled } from './measure-labelled.ts';
import type { CheckResult } from './problem.ts';

interface Measuring {
  readonly questioning: Questioning;
  readonly released: ImageVerdict | undefined;
  readonly bench: Workbench;
}

/** The metrics of each table in turn, until the server is gone. */
export async function measureAll(
  tables: readonly RowsToAsk[],
  { questioning, released, bench }: Measuring,
): Promise<readonly LabelledOutcome[]> {
  const outcomes: LabelledOutcome[] = [];
  for (const rows of tables) {
    if (questioning.isGone()) break;
    const step = bench.progress.step(`measure ${rows.setting.file}`);
    const outcome = await measureLabelled(rows, { ...questioning, released });
    step.done(`${rows.table.rows} rows`);
    outcomes.push(outcome);
  }
  return outcomes;
}

/** Rows of cases in turn, as many as are wanted; `undefined` where no case has any. */
export function loadRequests({ cases, own, plan }: Questioning): ((rows: number, at: number) => Tensors) | undefined {
  const known = cases
    .filter(({ name, inputs }) => own.has(name) && rowsOf(inputs) !== null)
    .map(({ inputs }) => inputs);
  const example = plan.example?.inputs as Tensors | undefined;
  const sources = known.length > 0 ? known : example && rowsOf(example) !== null ? [example] : [];
  if (sources.length === 0) return undefined;
  return (rows, at) => {
    const source = sources[at % sources.length] as Tensors;
    return takeRows(
      source,
      Array.from({ length: rows }, (_, row) => row % (rowsOf(source) ?? 1)),
    );
  };
}

interface Figures {
  readonly budget: Config['budget'];
  /** Tables of labelled rows that there are to measure. */
  readonly tables: number;
  readonly metrics: ImageVerdict['metrics'];
  readonly labelled: number;
  readonly load: readonly ImageVerdict['load'][number][];
}

/** Metrics and load among the checks, where they are wanted; a figure that is wanted and not measured is skipped and no pass. */
export function figureChecks({
  budget,
  tables,
  metrics,
  labelled,
  load,
}: Figures): readonly Omit<CheckResult, 'problems'>[] {
  const wantsLoad = budget.latency !== undefined || budget.throughput !== undefined;
  const skip = (count: number, why: string) => (count === 0 ? { skipped: why } : {});
  return [
    ...(tables === 0
      ? []
      : [
          {
            name: 'metrics',
            count: metrics.length,
            note: 'on labelled rows',
            ...skip(labelled, 'the server was gone'),
          },
        ]),
    ...(wantsLoad
      ? [
          {
            name: 'load',
            count: load.length,
            note: 'open-loop, three rounds',
            ...skip(load.length, 'there is nothing to send: name cases'),
          },
        ]
      : []),
  ];
}
