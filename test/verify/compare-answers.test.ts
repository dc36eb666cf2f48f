import assert from 'node:assert/strict';
import type { CaseTensor } from '../../schemas/case.ts';
import { compareAnswers } from '../../src/verify/compare-answers.ts';
import { settleTolerance, type Tolerance, toleranceText } from '../../src/verify/tolerance.ts';

const floats = (data: CaseTensor['data'], shape: number[] = [data.length]): CaseTensor => ({
  name: 'y',
  datatype: 'FP32',
  shape,
  data,
});
const compare = (wanted: CaseTensor, found: CaseTensor, tolerance: Tolerance) =>
  compareAnswers([wanted], [found], () => tolerance);

describe('Comparing answers', () => {
  const close: Tolerance = { kind: 'close', absolute: 0.01, relative: 0.1 };
  const rows: readonly [string, CaseTensor, CaseTensor, Tolerance, boolean][] = [
    ['within absolute and relative together', floats([1, 10]), floats([1.1, 11]), close, true],
    ['beyond them', floats([1, 10]), floats([1.12, 10]), close, false],
    ['two NaN', floats([Number.NaN]), floats([Number.NaN]), close, true],
    ['NaN for a number', floats([1]), floats([Number.NaN]), close, false],
    ['an infinity for a number', floats([1]), floats([Number.POSITIVE_INFINITY]), close, false],
    ['equal infinities', floats([Number.NEGATIVE_INFINITY]), floats([Number.NEGATIVE_INFINITY]), close, true],
    [
      'digits and a number that are one integer',
      { ...floats([7]), datatype: 'INT64' },
      { ...floats(['7']), datatype: 'INT64' },
      { kind: 'exact' },
      true,
    ],
    [
      'the largest class in spite of other scores',
      floats([0.1, 0.9], [1, 2]),
      floats([0.4, 0.6], [1, 2]),
      { kind: 'top', top: 1, agreement: 1 },
      true,
    ],
    [
      'another largest class',
      floats([0.1, 0.9], [1, 2]),
      floats([0.6, 0.4], [1, 2]),
      { kind: 'top', top: 1, agreement: 1 },
      false,
    ],
    [
      'the same two classes in another order',
      floats([3, 2, 1], [1, 3]),
      floats([2, 3, 1], [1, 3]),
      { kind: 'top', top: 2, agreement: 1 },
      true,
    ],
    [
      'a vector that was scaled',
      floats([1, 2], [1, 2]),
      floats([2, 4], [1, 2]),
      { kind: 'cosine', least: 0.999 },
      true,
    ],
    [
      'a vector that was turned',
      floats([1, 2], [1, 2]),
      floats([2, -1], [1, 2]),
      { kind: 'cosine', least: 0.999 },
      false,
    ],
    ['zeros for a vector', floats([1, 2], [1, 2]), floats([0, 0], [1, 2]), { kind: 'cosine', least: 0.5 }, false],
  ];
  for (const [title, wanted, found, tolerance, isWithin] of rows) {
    it(`takes ${title} for ${isWithin ? 'right' : 'wrong'}`, () => {
      assert.equal(compare(wanted, found, tolerance).length === 0, isWithin);
    });
  }

  it('names the rows that lie beyond, and the element that lies furthest, by its place', () => {
    const [deviation] = compare(floats([1, 2, 3, 4, 5, 6], [3, 2]), floats([1, 2, 3, 9, 5, 7], [3, 2]), {
      kind: 'exact',
    });
    assert.deepEqual(deviation?.rows, [1, 2]);
    assert.match(deviation?.message ?? '', /^2 of 3 rows of y lie beyond tolerance: y\[1, 1\] is 9, wanted 4$/);
  });

  it('says which type or shape was found where it is another', () => {
    const [deviation] = compare(floats([1], [1, 1]), floats([1], [1]), close);
    assert.match(deviation?.message ?? '', /is FP32\[1\], wanted FP32\[1, 1\]/);
    assert.equal(compareAnswers([floats([1])], [], () => close)[0]?.message, 'y is missing from the answer');
  });
});

describe('A tolerance', () => {
  it('is the configuration’s before the case’s, and the case’s before that of the type', () => {
    const output = { name: 'y', datatype: 'FP32' } as const;
    const fromCase = { y: { absolute: 0.5 } };
    assert.deepEqual(settleTolerance(output, { configured: 'exact', fromCase }), {
      tolerance: { kind: 'exact' },
      from: 'configuration',
    });
    assert.deepEqual(settleTolerance(output, { configured: undefined, fromCase }), {
      tolerance: { kind: 'close', absolute: 0.5, relative: 0 },
      from: 'case',
    });
    assert.equal(settleTolerance(output, { configured: undefined, fromCase: undefined }).tolerance.kind, 'close');
    assert.equal(
      settleTolerance({ name: 'y', datatype: 'BYTES' }, { configured: undefined, fromCase: undefined }).tolerance.kind,
      'exact',
    );
  });

  it('reads as a sentence', () => {
    assert.equal(
      toleranceText({ kind: 'top', top: 5, agreement: 0.99 }),
      'the same 5 largest classes in 99 % of the rows',
    );
    assert.equal(toleranceText({ kind: 'cosine', least: 0.999 }), 'cosine of at least 0.999');
    assert.equal(toleranceText({ kind: 'close', absolute: 1e-5, relative: 1e-3 }), 'within 0.00001 + 0.001 × |wanted|');
    assert.equal(toleranceText({ kind: 'close', absolute: 1e-5, relative: 0 }), 'within 0.00001');
    assert.equal(toleranceText({ kind: 'close', absolute: 0, relative: 0.001 }), 'within 0.001 × |wanted|');
  });
});
