import type { Plan } from '../../schemas/plan.ts';
import { letTensorsGo } from './let-go.ts';
import { strideOf } from './scheduling/batch.ts';
import { LONGEST_INLINE_MS } from './scheduling/longest-inline.ts';
import type { RunTimes } from './scheduling/run-times.ts';
import type { Session } from './session.ts';
import type { Axis, Port, Signature } from './signature.ts';
import { type Elements, elementCount, selectOutputs, type Tensor, type Tensors } from './tensor.ts';

export interface WarmUp {
  /** `partly`: the largest run would have taken longer than the start may. `failed`: the model refused what it was fed. */
  readonly state: 'done' | 'partly' | 'failed';
  readonly why?: string;
  /** Rows of the largest run. */
  readonly rows: number;
  /** Of a run of one row: the second time, where the first did not show that it takes long. */
  readonly runMs: number;
}

export interface WarmUpFacts {
  readonly plan: Plan;
  readonly signature: Signature;
  readonly session: Session;
  /** The plan's example, or why it is none. */
  readonly example: Tensors | Error | undefined;
  /** Rows of the largest run. */
  readonly maxSize: number;
  /** How long runs beyond the first two may take. */
  readonly budgetMs: number;
  /** Whether this is a thread that has only this to do: what runs there is expected to take long. */
  readonly isOnThread: boolean;
  /** Told how long the runs took. */
  readonly times: RunTimes;
}

/**
 * Runs the model so that the first client does not pay for what the runtime puts off, and measures how long runs of one row and
 * of more take: on the plan's example where it has one, else on made-up inputs. A model may rightly refuse made-up values (an
 * index out of its table), so a failure here is told and not fatal.
 */
export function warmUp(facts: WarmUpFacts): WarmUp {
  const { plan, signature, session, example, isOnThread, times } = facts;
  try {
    if (example instanceof Error) throw example;
    const inputs = example ?? makeUpInputs(signature);
    const outputs = selectOutputs(signature.outputs);
    const measure = (feeds: Tensors): number => {
      const cpuBegun = process.cpuUsage();
      const begun = performance.now();
      const results = session.run(feeds, outputs);
      const taken = performance.now() - begun;
      const { user, system } = process.cpuUsage(cpuBegun);
      letTensorsGo(results);
      // A run that others kept from the processor says nothing of the next one.
      return Math.min(taken, (user + system) / 1000);
    };
    let runMs = measure(inputs);
    // What takes so long where that was expected does so: serving will measure it better.
    if (!isOnThread || runMs <= LONGEST_INLINE_MS) runMs = measure(inputs);
    // Where the model runs hangs on it, and loading it again elsewhere costs more than a third look.
    if (!isOnThread && runMs > LONGEST_INLINE_MS && runMs < DOUBT_MS) runMs = Math.min(runMs, measure(inputs));
    const found = rowsOf(inputs, signature);
    if (plan.batching.state === 'off' || found === 0) {
      letTensorsGo(inputs);
      return { state: 'done', rows: 1, runMs };
    }
    times.note(found, runMs);
    const grown = growRuns(facts, { inputs, found, runMs, measure });
    letTensorsGo(inputs);
    return { ...grown, runMs: runMs / found };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { state: 'failed', why, rows: 0, runMs: 0 };
  }
}

/** From so long on, a run of one row is no light one that a busy machine has held up. */
const DOUBT_MS = 3 * LONGEST_INLINE_MS;

/** Runs that are over sooner than this are measured twice: the first of a size pays for its buffers. */
const SHORT_MS = 2;

/** Doubles the rows up to the largest run, as long as the budget lasts. */
function growRuns(
  { maxSize, budgetMs, times }: WarmUpFacts,
  base: {
    readonly inputs: Tensors;
    readonly found: number;
    readonly runMs: number;
    readonly measure: (feeds: Tensors) => number;
  },
): Pick<WarmUp, 'state' | 'rows'> {
  const end = performance.now() + budgetMs;
  let last = base.runMs / base.found;
  let largest = 1;
  // A long run of one row has been measured, and another of it would only make the start longer.
  const isMeasured = base.found === 1 && base.runMs >= SHORT_MS && maxSize > 1;
  for (let rows = isMeasured ? 2 : 1; ; rows = Math.min(2 * rows, maxSize)) {
    // A run of twice the rows takes twice as long at the most.
    if (rows > 1 && performance.now() + 2 * last > end) return { state: 'partly', rows: largest };
    const feeds = repeatRows(base.inputs, rows);
    let taken = base.measure(feeds);
    if (taken < SHORT_MS) taken = Math.min(taken, base.measure(feeds));
    letTensorsGo(feeds);
    times.note(rows, taken);
    last = taken;
    largest = rows;
    if (rows >= maxSize) return { state: 'done', rows };
  }
}

function rowsOf(inputs: Tensors, { inputs: ports }: Signature): number {
  return inputs[ports[0]?.name ?? '']?.dims[0] ?? 0;
}

/** So many rows, those that are there over and over. */
function repeatRows(inputs: Tensors, rows: number): Tensors {
  return Object.fromEntries(Object.entries(inputs).map(([name, tensor]) => [name, repeat(tensor, rows)]));
}

function repeat({ type, dims, data, location }: Tensor, rows: number): Tensor {
  const length = rows * strideOf(dims);
  const repeated = Array.isArray(data) ? repeatTexts(data, length) : repeatNumbers(data, length);
  return { type, dims: [rows, ...dims.slice(1)], data: repeated, location };
}

function repeatTexts(texts: readonly string[], length: number): string[] {
  return Array.from({ length }, (_, index) => texts[index % texts.length] ?? '');
}

/** Doubles what is there: a loop over them that no compiler has seen yet would take longer than the runs. */
function repeatNumbers(numbers: Exclude<Elements, string[]>, length: number): Elements {
  const repeated = new (numbers.constructor as Float32ArrayConstructor)(length);
  repeated.set((numbers.length > length ? numbers.subarray(0, length) : numbers) as Float32Array);
  for (let filled = numbers.length; filled > 0 && filled < length; filled *= 2) repeated.copyWithin(filled, 0, filled);
  return repeated;
}

/** Zeros, `false` or a one-letter text, in a batch of one and at the bounds of the other dimensions. */
function makeUpInputs(signature: Signature): Tensors {
  const batches = new Set(signature.inputs.map((port) => port.axes?.[0]).filter((axis) => typeof axis === 'object'));
  const sizeOf = (axis: Axis): number => {
    if (typeof axis === 'number') return axis;
    return axis === null || batches.has(axis) ? 1 : (axis.bound ?? 1);
  };
  return Object.fromEntries(signature.inputs.map((port) => [port.name, makeUp(port, (port.axes ?? []).map(sizeOf))]));
}

function makeUp(port: Port, dims: readonly number[]): Tensor {
  const data = port.datatype.allocate(elementCount(dims));
  if (Array.isArray(data)) data.fill('a');
  return { type: port.datatype.runtime, dims, data, location: 'cpu' };
}
