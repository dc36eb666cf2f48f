import assert from 'node:assert/strict';
import type { Case } from '../../schemas/case.ts';
import { addDifference } from '../../src/recipes/parity-figures.ts';
import { compareOutputs } from '../../src/validate/runtime/compare-outputs.ts';
import type { TensorValues } from '../../src/validate/runtime/tensor-value.ts';

const TOLERANCE = { probabilities: { absolute: 1e-5, relative: 1e-4 } };

/** Answers to two rows: labels and the probabilities of two classes. */
const answers = (labels: readonly string[], probabilities: readonly number[]): TensorValues =>
  new Map([
    ['label', { elementType: 'string', dims: [2], data: [...labels] }],
    ['probabilities', { elementType: 'float', dims: [2, 2], data: Float32Array.from(probabilities) }],
  ]);

function figures(wanted: TensorValues, found: TensorValues, isKept: boolean) {
  const one: Case = { schema: 'plimsoll.case/1', name: 'rows', inputs: [], outputs: [], tolerance: TOLERANCE };
  const differences = compareOutputs(wanted, found, TOLERANCE);
  return differences.map((difference) => addDifference(undefined, difference, { one, wanted, found, isKept }));
}

describe('The figures of parity', () => {
  const original = answers(['a', 'b'], [0.9, 0.1, 0.2, 0.8]);

  it('show nothing where nothing differs', () => {
    for (const { wrong, flips, flipMargin } of figures(original, original, true)) {
      assert.deepEqual([wrong, flips, flipMargin], [0, 0, null]);
    }
  });

  it('tell how sure the original was of a label that flips', () => {
    const [label] = figures(original, answers(['a', 'a'], [0.9, 0.1, 0.6, 0.4]), false);
    assert.equal(label?.wrong, 1);
    assert.equal(label?.flips, 1);
    assert.ok(Math.abs((label?.flipMargin ?? 0) - 0.6) < 1e-6);
    assert.equal(label?.where, 'rows');
  });

  it('count a flip between labels that are as good as each other, and forgive it where the case is not kept', () => {
    const tie = answers(['a', 'b'], [0.9, 0.1, 0.499999, 0.500001]);
    const other = answers(['a', 'a'], [0.9, 0.1, 0.500001, 0.499999]);
    const [held] = figures(tie, other, false);
    assert.deepEqual([held?.wrong, held?.flips], [0, 1]);
    assert.equal(figures(tie, other, true)[0]?.wrong, 1);
  });

  it('hold numbers to the case’s own tolerance', () => {
    const near = answers(['a', 'b'], [0.9, 0.1, 0.2, 0.80005]);
    const far = answers(['a', 'b'], [0.9, 0.1, 0.2, 0.802]);
    assert.equal(figures(original, near, true)[1]?.wrong, 0);
    assert.equal(figures(original, far, true)[1]?.wrong, 1);
  });

  it('take NaN for NaN, and for nothing else', () => {
    const missing = answers(['a', 'b'], [Number.NaN, 0.1, 0.2, 0.8]);
    assert.equal(figures(missing, missing, true)[1]?.wrong, 0);
    assert.equal(figures(missing, original, true)[1]?.wrong, 1);
  });

  it('name types and shapes that differ', () => {
    const flat: TensorValues = new Map([
      ['label', { elementType: 'int64', dims: [2], data: BigInt64Array.of(0n, 1n) }],
    ]);
    assert.match(figures(original, flat, true)[0]?.mismatch ?? '', /int64\[2\] instead of string\[2\]/);
  });
});
