import { fileURLToPath } from 'node:url';
import { readModel } from '../src/onnx/read-model.ts';
import { CALIBRATION } from '../src/validate/memory/calibration.ts';
import { planMemory } from '../src/validate/memory/plan-memory.ts';
import type { Profile } from '../src/validate/runtime/session-options.ts';
import { openZoo, truthOf } from './memory-zoo.ts';

/**
 * Holds the memory plan against measurements of the zoo that bench/make-zoo.py made: predicted and measured, and how far apart.
 * Measurements are kept beside the zoo and made again for models that have changed.
 *
 *     tsx bench/memory-agreement.ts ZOO_FOLDER RUNTIME_FOLDER [lean|fast|both] [NAME ...]
 */

/** As many runs as bench/memory-truth.ts makes before its last one. */
const EARLIER_RUNS = 5;
const MIB = 2 ** 20;

interface Row {
  readonly name: string;
  readonly measured: number;
  readonly predicted: number;
  readonly upper: number;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , folder = '', runtimeFolder = '', which = 'lean', ...only] = process.argv;
  for (const profile of which === 'both' ? (['lean', 'fast'] as const) : [which as Profile]) {
    const rows = await compare(folder, { runtimeFolder, profile, only });
    summarise(rows, profile);
  }
}

async function compare(
  folder: string,
  {
    runtimeFolder,
    profile,
    only,
  }: { readonly runtimeFolder: string; readonly profile: Profile; readonly only: readonly string[] },
): Promise<readonly Row[]> {
  const rows: Row[] = [];
  // The measured process has no server in it.
  const calibration = CALIBRATION;
  console.log(
    `\n${profile}: MiB unreclaimable, measured/predicted, create | run | error of the larger one | upper bound over by`,
  );
  for (const model of await openZoo(folder, runtimeFolder, only)) {
    const truth = await truthOf(model, { folder, profile, runtimeFolder });
    const loaded = readModel(model.prepared);
    for (const [index, shape] of model.shapes.entries()) {
      const bounds = new Map(Object.entries(shape));
      const plan = planMemory({ model: loaded, profile, bounds, calibration, earlierRequests: EARLIER_RUNS });
      const name = `${model.name} ${Object.values(shape).join(',')}`;
      if (plan.state === 'unknown') {
        console.log(
          `${name.padEnd(28)} unknown: ${[...plan.undeclared.operators.keys(), ...plan.undeclared.dimensions].join(', ')}`,
        );
        continue;
      }
      const run = truth.runPeakBytes[index] ?? 0;
      const row = {
        name,
        measured: Math.max(truth.createPeakBytes, run),
        predicted: plan.unreclaimableBytes,
        upper: plan.upperBoundBytes,
      };
      rows.push(row);
      console.log(
        name.padEnd(28),
        pair(truth.createPeakBytes, plan.createPeakBytes),
        pair(run, plan.runPeakBytes),
        percent(row.predicted / row.measured - 1).padStart(7),
        percent(row.upper / row.measured - 1).padStart(7),
      );
    }
  }
  return rows;
}

function summarise(rows: readonly Row[], profile: Profile): void {
  const errors = rows.map(({ measured, predicted }) => Math.abs(predicted / measured - 1));
  const over = rows.map(({ measured, upper }) => upper / measured - 1);
  const large = rows.filter(({ measured }) => measured >= 100 * MIB).map(({ measured, upper }) => upper / measured - 1);
  const beyond = rows.filter(
    ({ measured, predicted }) => Math.abs(predicted - measured) > Math.max(0.08 * measured, 6 * MIB),
  );
  console.log(
    `${profile}: ${rows.length} rows; error median ${percent(quantile(errors, 0.5))}, p90 ${percent(quantile(errors, 0.9))}, worst ${percent(Math.max(...errors))}, beyond 8 % and 6 MiB: ${beyond.length}`,
  );
  console.log(
    `${profile}: upper bound under ${over.filter((share) => share < 0).length} times; over by median ${percent(quantile(over, 0.5))}, p90 ${percent(quantile(over, 0.9))}, least ${percent(Math.min(...over))}; from 100 MiB: median ${percent(quantile(large, 0.5))}`,
  );
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function pair(measured: number, predicted: number): string {
  return `${(measured / MIB).toFixed(1)}/${(predicted / MIB).toFixed(1)}`.padStart(15);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
