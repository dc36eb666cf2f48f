import assert from 'node:assert/strict';
import { float16ToNumber } from '../../../src/onnx/small-floats.ts';
import { numberToFloat16 } from '../../../src/validate/runtime/number-to-float16.ts';

describe('Numbers as binary16', () => {
  it('come back unchanged for every finite code', () => {
    for (let code = 0; code < 0x10000; code++) {
      const number = float16ToNumber(code);
      if (Number.isFinite(number)) assert.equal(numberToFloat16(number), code);
    }
  });

  const ROWS: readonly (readonly [number, number])[] = [
    [1 / 3, 0x3555],
    [65519, 0x7bff],
    [65520, 0x7c00],
    [Number.NEGATIVE_INFINITY, 0xfc00],
    [Number.NaN, 0x7e00],
    [2 ** -26, 0],
    [2047.9, 0x6800],
  ];
  for (const [number, code] of ROWS) {
    it(`write ${number} as 0x${code.toString(16)}`, () => assert.equal(numberToFloat16(number), code));
  }
});
