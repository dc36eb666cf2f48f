import assert from 'node:assert/strict';
import { compareOutputs } from '../../../src/validate/runtime/compare-outputs.ts';
import type { TensorValue } from '../../../src/validate/runtime/tensor-value.ts';

const float = (...data: number[]): TensorValue => ({
  elementType: 'float',
  dims: [data.length],
  data: Float32Array.from(data),
});
const half = (...bits: number[]): TensorValue => ({
  elementType: 'float16',
  dims: [bits.length],
  data: Uint16Array.from(bits),
});
const long = (...data: bigint[]): TensorValue => ({
  elementType: 'int64',
  dims: [data.length],
  data: BigInt64Array.from(data),
});
const text = (...data: string[]): TensorValue => ({ elementType: 'string', dims: [data.length], data });

interface Row {
  readonly what: string;
  readonly wanted: TensorValue;
  readonly found: TensorValue;
  readonly unequal: number;
  readonly beyond: number;
  readonly absolute?: number;
}

const ROWS: readonly Row[] = [
  { what: 'equal floats', wanted: float(1, 2), found: float(1, 2), unequal: 0, beyond: 0 },
  { what: 'rounding', wanted: float(1, 100), found: float(1, 100.0625), unequal: 1, beyond: 0, absolute: 0.0625 },
  { what: 'a wrong weight', wanted: float(1, 2), found: float(1, 2.5), unequal: 1, beyond: 1, absolute: 0.5 },
  { what: 'two NaN', wanted: float(Number.NaN), found: float(Number.NaN), unequal: 0, beyond: 0 },
  {
    what: 'a NaN for a number',
    wanted: float(1),
    found: float(Number.NaN),
    unequal: 1,
    beyond: 1,
    absolute: Number.POSITIVE_INFINITY,
  },
  {
    what: 'equal infinities',
    wanted: float(Number.POSITIVE_INFINITY),
    found: float(Number.POSITIVE_INFINITY),
    unequal: 0,
    beyond: 0,
  },
  {
    what: 'tiny outputs that differ by half',
    wanted: float(1e-6),
    found: float(1.5e-6),
    unequal: 1,
    beyond: 1,
    absolute: 5e-7,
  },
  {
    what: 'halves one step apart',
    wanted: half(0x3c00),
    found: half(0x3c01),
    unequal: 1,
    beyond: 0,
    absolute: 1 / 1024,
  },
  { what: 'halves far apart', wanted: half(0x3c00), found: half(0x4000), unequal: 1, beyond: 1, absolute: 1 },
  { what: 'integers one apart', wanted: long(1n, 2n), found: long(1n, 3n), unequal: 1, beyond: 1, absolute: 0 },
  { what: 'strings', wanted: text('a', 'é'), found: text('a', 'e'), unequal: 1, beyond: 1, absolute: 0 },
  { what: 'nothing at all', wanted: float(), found: float(), unequal: 0, beyond: 0 },
];

describe('Comparing outputs', () => {
  for (const { what, wanted, found, unequal, beyond, absolute = 0 } of ROWS) {
    it(`judges ${what}`, () => {
      const [difference] = compareOutputs(new Map([['y', wanted]]), new Map([['y', found]]));
      assert.equal(difference?.mismatch, null);
      assert.equal(difference?.unequal, unequal);
      assert.equal(difference?.beyondTolerance, beyond);
      const largest = difference?.largestAbsolute ?? Number.NaN;
      assert.ok(largest === absolute || Math.abs(largest - absolute) < 1e-9, `largest ${largest}`);
    });
  }

  it('tells type and shape that differ', () => {
    const [difference] = compareOutputs(new Map([['y', float(1, 2)]]), new Map([['y', long(1n)]]));
    assert.equal(difference?.mismatch, 'int64[1] instead of float[2]');
  });

  it('tells an output that is missing', () => {
    const [difference] = compareOutputs(new Map([['y', float(1)]]), new Map());
    assert.equal(difference?.mismatch, 'the output is missing');
  });
});
