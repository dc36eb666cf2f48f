import assert from 'node:assert/strict';
import { largestWithin } from '../../../src/validate/memory/largest-within.ts';

const LINE = (size: number) => 100 + 7 * size;
const STEPS = (size: number) => 1000 * Math.ceil(size / 50);
const CURVE = (size: number) => size * size;

describe('The largest size within a limit', () => {
  for (const [name, bytesOf] of Object.entries({ LINE, STEPS, CURVE })) {
    for (const limit of [0, 106, 107, 1000, 4999, 90_001, 1e9]) {
      for (const hint of [undefined, 1, 32, 500, 5000]) {
        it(`is found for ${name} within ${limit} from ${hint ?? 'nowhere'}`, () => {
          const found = largestWithin(bytesOf, { limit, most: 1000, ...(hint !== undefined && { hint }) });
          const wanted = Array.from({ length: 1000 }, (_, index) => index + 1).filter(
            (size) => bytesOf(size) <= limit,
          ).length;
          assert.equal(found, wanted);
        });
      }
    }
  }

  it('asks little along a line', () => {
    let asked = 0;
    const bytesOf = (size: number) => {
      asked++;
      return LINE(size);
    };
    assert.equal(largestWithin(bytesOf, { limit: 90_000, most: 65_536, hint: 32 }), 12_842);
    assert.ok(asked <= 5, `${asked}`);
  });
});
