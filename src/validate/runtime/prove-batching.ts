import type { Model } from '../../onnx/model.ts';
import { compareOutputs } from './compare-outputs.ts';
import { judgeDifferences } from './equality.ts';
import { nodeAcrossRows } from './node-across-rows.ts';
import type { Signature } from './requests.ts';
import { cutRows, varyRows } from './rows.ts';
import type { RuntimeChild } from './runtime-child.ts';
import type { SymbolBounds } from './synthesise-feeds.ts';
import type { TensorValues } from './tensor-value.ts';

/** Whether rows of different requests may share a run. */
export type Batchability =
  /** Runs of so many rows each gave every row the answer that it gets by itself. */
  { readonly state: 'proven'; readonly rows: readonly number[] } | { readonly state: 'off'; readonly why: string };

/** Two rows, and more than any unrolled kernel takes at once, not a power of two. */
const PROVEN_ROWS: readonly number[] = [2, 9];

export interface ProofOptions {
  /** The model before it was prepared: its operators say what they do with rows. */
  readonly model: Model;
  readonly session: string;
  readonly signature: Signature;
  /** Inputs that the model takes. */
  readonly feeds: TensorValues;
  readonly bounds: SymbolBounds;
}

/**
 * Finds out by running it whether a model answers a row in a batch as it answers the row alone. The rows differ from each other,
 * so that a model which mixes them is found out. One that mixes them where values are large, say, would pass on small ones: a node
 * that takes values of all rows together is no matter of trial.
 */
export async function proveBatching(child: RuntimeChild, options: ProofOptions): Promise<Batchability> {
  const { model, signature, feeds, bounds } = options;
  const why = whyNot(signature);
  if (why !== null) return { state: 'off', why };
  const symbol = signature.inputs[0]?.shape?.[0];
  const bound = typeof symbol === 'string' && Object.hasOwn(bounds, symbol) ? bounds[symbol] : undefined;
  if (bound === 1) return { state: 'off', why: 'its bound is 1 row' };
  const across = nodeAcrossRows(model);
  if (across !== null) return { state: 'off', why: `node "${across}" takes values of all rows together` };
  const most = Math.min(Math.max(...PROVEN_ROWS), bound ?? Number.POSITIVE_INFINITY);
  const varied = varyRows(feeds, most);
  if (varied === null) return { state: 'off', why: 'the inputs of its trial run have no row' };
  if (!varied.isVaried) return { state: 'off', why: 'its rows could not be varied, so that nothing would be proven' };
  return prove(child, { ...options, rows: varied.feeds, most });
}

/** What of the signature rules out that rows stand one after another in every input. */
function whyNot({ inputs, outputs }: Signature): string | null {
  const first = inputs[0]?.shape?.[0];
  if (first === undefined) return 'it has an input without dimensions';
  if (typeof first === 'number') return 'its batch dimension is fixed';
  if (first === null && inputs.length > 1) return 'nothing says that its inputs have the same number of rows';
  if (inputs.some(({ shape }) => shape?.[0] !== first)) return 'its inputs do not share their first dimension';
  const fixed = outputs.find(({ shape }) => shape !== null && shape.length > 0 && typeof shape[0] === 'number');
  return fixed ? `output "${fixed.name}" does not have a row for each row of the inputs` : null;
}

interface ProofRun extends ProofOptions {
  readonly rows: TensorValues;
  readonly most: number;
}

async function prove(child: RuntimeChild, { session, rows, most }: ProofRun): Promise<Batchability> {
  const run = async (from: number, to: number): Promise<TensorValues | string> => {
    const ran = await child.ask('run', { session, feeds: cutRows(rows, from, to), keep: true });
    if (ran.outcome === 'ok') return ran.value.values ?? new Map();
    return ran.outcome === 'refused' ? ran.message : `the run ended: ${ran.outcome}`;
  };
  const sizes = PROVEN_ROWS.filter((size) => size <= most);
  const singles: TensorValues[] = [];
  // A row that no batch has proves nothing.
  for (let row = 0; row < Math.max(...sizes, 0); row++) {
    const single = await run(row, row + 1);
    if (typeof single === 'string') return { state: 'off', why: `a single row was refused: ${single}` };
    singles.push(single);
  }
  for (const size of sizes) {
    const batch = await run(0, size);
    if (typeof batch === 'string') return { state: 'off', why: `a batch of ${size} rows was refused: ${batch}` };
    const wrong = [...batch].find(([, value]) => value.dims[0] !== size);
    if (wrong) return { state: 'off', why: `output "${wrong[0]}" does not have a row for each row of the inputs` };
    for (let row = 0; row < size; row++) {
      const differences = compareOutputs(singles[row] as TensorValues, cutRows(batch, row, row + 1));
      if (judgeDifferences(differences) !== 'different') continue;
      return { state: 'off', why: `a row is answered differently in a batch of ${size} rows than by itself` };
    }
  }
  return { state: 'proven', rows: sizes };
}
