import { compareOutputs } from '../runtime/compare-outputs.ts';
import type { Signature } from '../runtime/requests.ts';
import type { RuntimeChild } from '../runtime/runtime-child.ts';
import { ATTEMPTS, type SymbolBounds, synthesiseFeeds } from '../runtime/synthesise-feeds.ts';
import type { TensorValue, TensorValues } from '../runtime/tensor-value.ts';
import { describeOutcome, inconclusive, largestOf, type Proof, refuted, whatDiffers } from './proof.ts';
import type { ProofFeeds } from './proof-feeds.ts';
import { joinRows, splitRows } from './rows.ts';

export interface RowOptions {
  /** Of the original, whose inputs have one row. */
  readonly signature: Signature;
  /** Inputs that it was seen to take. */
  readonly ran: ProofFeeds;
  readonly bounds: SymbolBounds;
  readonly reference: string;
  readonly candidate: string;
}

/** One row at a time is what the original takes; two and three show whether rows mix, and whether their number is taken for something else. */
const BATCHES = [2, 3];

/** Runs the candidate on several rows at once, and holds each row of its outputs against the original's on that row alone. */
export async function proveRows(child: RuntimeChild, options: RowOptions): Promise<Proof> {
  let [runs, largestDifference] = [0, 0];
  for (const batch of BATCHES) {
    const rows = Array.from({ length: batch }, (_, row) => feedsOfRow(options, row));
    const together = await child.ask('run', {
      session: options.candidate,
      feeds: joinRows(rows, isRowInput),
      keep: true,
    });
    if (together.outcome === 'refused') return refuted(`it does not run on ${batch} rows: ${together.message}`);
    if (together.outcome !== 'ok') return inconclusive(`on ${batch} rows: ${describeOutcome(together)}`);
    for (const [row, feeds] of rows.entries()) {
      const alone = await child.ask('run', { session: options.reference, feeds, keep: true });
      if (alone.outcome !== 'ok') return inconclusive(`the original does not run on row ${row}`);
      const found = splitRows(together.value.values ?? new Map(), { row, batch });
      if (found === null) return refuted(`an output does not have ${batch} rows for ${batch} rows`);
      const differences = compareOutputs(alone.value.values ?? new Map(), found);
      const why = whatDiffers(differences);
      if (why !== null) return refuted(`row ${row} of ${batch}: ${why}`);
      largestDifference = Math.max(largestDifference, largestOf(differences));
    }
    runs += 1;
  }
  return { state: 'proven', runs, largestDifference, why: null };
}

/** Inputs with rows are other ones for each row; the rest is the same for all. */
function feedsOfRow({ signature, ran, bounds }: RowOptions, row: number): TensorValues {
  const attempt = ran.made?.attempt ?? ATTEMPTS[0];
  if (row === 0 || attempt === undefined) return ran.feeds;
  const others = synthesiseFeeds(signature.inputs, { attempt, bounds, seed: SEED_OF_ROWS + row });
  return new Map(
    [...ran.feeds].map(([name, value]) => {
      const other = others?.get(name);
      return [name, isRowInput(value) && other && other.dims.join() === value.dims.join() ? other : value];
    }),
  );
}

const SEED_OF_ROWS = 100;

/** As the mend has it: what has at least two dimensions, the first of them 1. */
function isRowInput({ dims }: TensorValue): boolean {
  return dims.length >= 2 && dims[0] === 1;
}
