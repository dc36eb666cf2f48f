import assert from 'node:assert/strict';
import { halfToNumber, numberToHalf } from '../../templates/server/half-float.ts';

describe('half precision', () => {
  it('comes back as it was, for every one of its 65536 bit patterns', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = halfToNumber(bits);
      if (Number.isNaN(value)) assert.ok(Number.isNaN(halfToNumber(numberToHalf(value))));
      else assert.equal(numberToHalf(value), bits);
    }
  });

  it('rounds to the nearer neighbour, and from the middle to the even one', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const low = halfToNumber(bits);
      const high = halfToNumber(bits + 1);
      const middle = (low + high) / 2;
      assert.equal(numberToHalf(middle), bits % 2 === 0 ? bits : bits + 1);
      assert.equal(numberToHalf(middle - (high - low) * 1e-7), bits);
      assert.equal(numberToHalf(-(middle + (high - low) * 1e-7)), 0x8000 | (bits + 1));
    }
  });

  it('is infinite from halfway beyond the largest on', () => {
    assert.equal(numberToHalf(65519.99), 0x7bff);
    assert.equal(numberToHalf(65520), 0x7c00);
    assert.equal(numberToHalf(-1e300), 0xfc00);
    assert.equal(numberToHalf(5e-324), 0);
    assert.equal(numberToHalf(-0), 0x8000);
  });
});
