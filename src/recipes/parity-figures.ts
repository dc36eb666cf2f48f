import type { Case } from '../../schemas/case.ts';
import type { Conversion } from '../nouns/conversion.ts';
import type { Difference } from '../validate/runtime/compare-outputs.ts';
import type { TensorValue, TensorValues } from '../validate/runtime/tensor-value.ts';

type Parity = Conversion['parity'][number];

/** How far one output of an export lies from the original's, over all cases. */
export interface OutputFigures extends Parity {
  /** Elements beyond tolerance, or labels that flip where the original was sure. */
  readonly wrong: number;
  /** Where the first of them is, and what types or shapes differ there. */
  readonly where: string | undefined;
  readonly mismatch: string | undefined;
}

/** Adds what one case shows of an output. `isKept` cases have to be answered as they stand, ties between labels among them. */
export function addDifference(
  before: OutputFigures | undefined,
  difference: Difference,
  facts: {
    readonly one: Case;
    readonly wanted: TensorValues;
    readonly found: TensorValues;
    readonly isKept: boolean;
  },
): OutputFigures {
  const { output, elements, mismatch } = difference;
  const flips = flipsOf(output, facts);
  const isLabel = flips !== undefined;
  const ties = isLabel && !facts.isKept ? flips.filter(({ isTie }) => isTie).length : 0;
  const wrong = mismatch === null ? difference.beyondTolerance - ties : 1;
  const margins = [before?.flipMargin ?? null, ...(flips ?? []).map(({ margin }) => margin)].filter(isNumber);
  return {
    output,
    elements: (before?.elements ?? 0) + elements,
    largestAbsolute: Math.max(before?.largestAbsolute ?? 0, difference.largestAbsolute),
    largestRelative: Math.max(before?.largestRelative ?? 0, difference.largestRelative),
    flips: (before?.flips ?? 0) + (flips?.length ?? 0),
    flipMargin: margins.length === 0 ? null : Math.max(...margins),
    wrong: (before?.wrong ?? 0) + wrong,
    where: before?.where ?? (wrong > 0 ? facts.one.name : undefined),
    mismatch: before?.mismatch ?? mismatch ?? undefined,
  };
}

const isNumber = (value: number | null): value is number => value !== null;

interface Flip {
  /** How far the label that was chosen lay before the next, in the original's own scores; `null` where it has none. */
  readonly margin: number | null;
  /** Both labels are as good: the scores lie within their own tolerance. */
  readonly isTie: boolean;
}

const FLOATS: ReadonlySet<string> = new Set(['float', 'double', 'float16']);

/** Elements of an output of labels that differ; `undefined` for outputs of floats. */
function flipsOf(
  output: string,
  { one, wanted, found }: { readonly one: Case; readonly wanted: TensorValues; readonly found: TensorValues },
): readonly Flip[] | undefined {
  const [labels, others] = [wanted.get(output), found.get(output)];
  if (labels === undefined || others === undefined || FLOATS.has(labels.elementType)) return undefined;
  if (labels.data.length !== others.data.length) return [];
  const scores = scoresOf(one, wanted, labels);
  return Array.from(labels.data as ArrayLike<unknown>, (label, row) => ({ label, row }))
    .filter(({ label, row }) => label !== others.data[row])
    .map(({ row }) => flipOf(row, scores));
}

interface Scores {
  readonly tensor: TensorValue;
  readonly absolute: number;
  readonly relative: number;
}

/** The numbers by which labels were chosen: a row of them for each label of each target, in the same case. */
function scoresOf(one: Case, wanted: TensorValues, labels: TensorValue): Scores | undefined {
  for (const [name, { absolute = 0, relative = 0 }] of Object.entries(one.tolerance ?? {})) {
    const tensor = wanted.get(name);
    const isBeside =
      tensor?.dims.length === labels.dims.length + 1 && labels.dims.every((size, axis) => size === tensor.dims[axis]);
    if (tensor !== undefined && isBeside) return { tensor, absolute, relative };
  }
  return undefined;
}

function flipOf(row: number, scores: Scores | undefined): Flip {
  if (scores === undefined) return { margin: null, isTie: false };
  const width = scores.tensor.dims.at(-1) ?? 0;
  const values = Array.from(scores.tensor.data.slice(row * width, (row + 1) * width) as ArrayLike<number>, Number);
  // A single score is held against zero.
  const [first = 0, second = 0] = width === 1 ? [Math.abs(values[0] ?? 0), 0] : values.sort((a, b) => b - a);
  const margin = first - second;
  return { margin, isTie: margin <= 2 * (scores.absolute + scores.relative * Math.abs(first)) };
}
