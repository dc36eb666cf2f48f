import assert from 'node:assert/strict';
import fc from 'fast-check';
import { areWritable, MOST_LETTERS, writeSingles } from '../../templates/server/open-inference/write-singles.ts';

describe('writing single-precision numbers', () => {
  // Few bits make decimals that end, or lie halfway between two shorter ones.
  const some = fc
    .tuple(fc.boolean(), fc.integer({ min: -13, max: 23 }), fc.nat(2 ** 23 - 1), fc.nat(23))
    .map(([isNegative, exponent, mantissa, zeros]) => {
      const value = (1 + ((mantissa >> zeros) << zeros) / 2 ** 23) * 2 ** exponent;
      return isNegative ? -value : value;
    });
  const short = fc.tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.nat(8)).map(([digits, shift]) => {
    const value = digits / 10 ** shift;
    return Math.abs(value) < 2 ** -13 ? 0 * value : value;
  });
  const nearPower = fc
    .tuple(fc.integer({ min: -3, max: 7 }), fc.integer({ min: -3, max: 3 }))
    .map(([power, steps]) => Number(`1e${power}`) * (1 + steps * 2 ** -23));

  it('gives what JavaScript writes for the doubles that equal them, and the sign of zero', () => {
    const values = fc.array(fc.oneof(some, short, nearPower), { minLength: 1, maxLength: 40, size: 'max' });
    fc.assert(
      fc.property(values, (numbers) => {
        const data = Float32Array.from(numbers);
        assert.ok(areWritable(data, 0, data.length));
        const wanted = Array.from(data, (value) => (Object.is(value, -0) ? '-0.0' : String(value))).join(',');
        assert.equal(written(data), wanted);
      }),
      { numRuns: 3000 },
    );
  });

  it('leaves what would not be exact, and what JSON has no digits for', () => {
    for (const value of [
      2 ** -14,
      2 ** 24,
      1e-30,
      1e30,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ]) {
      assert.ok(!areWritable(Float32Array.of(1, value), 0, 2), `${value}`);
      assert.ok(areWritable(Float32Array.of(1, value), 0, 1), `${value}`);
    }
  });
});

function written(data: Float32Array): string {
  const bytes = Buffer.alloc(data.length * MOST_LETTERS);
  const target = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
  return bytes.toString('latin1', 0, writeSingles(data, target, { from: 0, end: data.length, at: 0 }));
}
