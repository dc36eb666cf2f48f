import { float16ToNumber } from '../../onnx/small-floats.ts';
import type { Elements, TensorValue, TensorValues } from './tensor-value.ts';

/** How far one output of a candidate lies from the reference's. */
export interface Difference {
  readonly output: string;
  /** Set where types or shapes differ; then nothing was compared. */
  readonly mismatch: string | null;
  readonly elements: number;
  /** Elements that are not identical; two NaN are. */
  readonly unequal: number;
  /** Elements further apart than rounding explains; for integers, booleans and strings every unequal one. */
  readonly beyondTolerance: number;
  readonly largestAbsolute: number;
  /** The largest difference relative to the reference output's largest finite magnitude. */
  readonly largestRelative: number;
}

/**
 * What reordering of sums and fused kernels may change, per element: `absolute x scale + relative x |reference|`, where scale
 * is the largest magnitude in the reference (at most 1). Wide enough for a network of a hundred layers, far below any wrong weight.
 */
const TOLERANCE: Readonly<Record<string, { readonly absolute: number; readonly relative: number }>> = {
  float: { absolute: 1e-4, relative: 1e-3 },
  double: { absolute: 1e-9, relative: 1e-7 },
  float16: { absolute: 5e-3, relative: 2e-2 },
};

/** What an element may lie apart: `absolute + relative x |reference|`. */
export interface Tolerance {
  readonly absolute?: number | undefined;
  readonly relative?: number | undefined;
}

/**
 * Compares every output of the reference with the candidate's output of the same name: by the tolerance that is given for it, else
 * by what rounding explains.
 */
export function compareOutputs(
  reference: TensorValues,
  candidate: TensorValues,
  tolerances: Readonly<Record<string, Tolerance>> = {},
): readonly Difference[] {
  return [...reference].map(([name, wanted]) => {
    const found = candidate.get(name);
    if (found === undefined) return mismatched(name, 'the output is missing');
    const describe = (value: TensorValue) => `${value.elementType}[${value.dims.join(',')}]`;
    if (describe(wanted) !== describe(found)) {
      return mismatched(name, `${describe(found)} instead of ${describe(wanted)}`);
    }
    return compareElements({ output: name, wanted, found }, tolerances[name]);
  });
}

function mismatched(output: string, mismatch: string): Difference {
  return { output, mismatch, elements: 0, unequal: 0, beyondTolerance: 0, largestAbsolute: 0, largestRelative: 0 };
}

function compareElements(
  { output, wanted, found }: { readonly output: string; readonly wanted: TensorValue; readonly found: TensorValue },
  given: Tolerance | undefined,
): Difference {
  const usual = TOLERANCE[wanted.elementType];
  const elements = wanted.data.length;
  if (usual === undefined) {
    const unequal = countUnequal(wanted.data, found.data);
    return {
      output,
      mismatch: null,
      elements,
      unequal,
      beyondTolerance: unequal,
      largestAbsolute: 0,
      largestRelative: 0,
    };
  }
  const read = wanted.elementType === 'float16' ? float16ToNumber : (value: number) => value;
  const [a, b] = [wanted.data as Float32Array, found.data as Float32Array];
  const scale = largestMagnitude(a, read);
  const { absolute = 0, relative = 0 } = given ?? { ...usual, absolute: usual.absolute * Math.min(1, scale) };
  let [unequal, beyondTolerance, largestAbsolute] = [0, 0, 0];
  for (let index = 0; index < elements; index++) {
    const [x, y] = [read(a[index] as number), read(b[index] as number)];
    if (x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
    unequal++;
    const distance = Math.abs(x - y);
    const allowed = absolute + relative * Math.abs(x);
    if (!(distance <= allowed) || !Number.isFinite(distance)) beyondTolerance++;
    if (!(distance <= largestAbsolute)) largestAbsolute = Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
  }
  const largestRelative = largestAbsolute === 0 ? 0 : largestAbsolute / (scale || Number.MIN_VALUE);
  return { output, mismatch: null, elements, unequal, beyondTolerance, largestAbsolute, largestRelative };
}

function largestMagnitude(data: ArrayLike<number>, read: (value: number) => number): number {
  let largest = 0;
  for (let index = 0; index < data.length; index++) {
    const magnitude = Math.abs(read(data[index] as number));
    if (magnitude > largest && magnitude < Number.POSITIVE_INFINITY) largest = magnitude;
  }
  return largest;
}

function countUnequal(a: Elements, b: Elements): number {
  let unequal = 0;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) unequal++;
  return unequal;
}
