import assert from 'node:assert/strict';
import fc from 'fast-check';
import { smallestFailing } from '../../src/verify/smallest-failing.ts';

const range = (count: number) => [...Array(count).keys()];

describe('Shrinking what fails', () => {
  it('finds the parts that fail together, wherever they lie, and nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 40 }),
        fc.array(fc.nat(39), { minLength: 1, maxLength: 4 }),
        async (count, chosen) => {
          const needed = new Set(chosen.map((item) => item % count));
          const fails = async (subset: readonly number[]) => [...needed].every((item) => subset.includes(item));
          const found = await smallestFailing(range(count), fails, { most: 10_000 });
          assert.deepEqual(new Set(found), needed);
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  it('asks no more often than it may, and gives back something that fails', async () => {
    let asked = 0;
    const fails = async (subset: readonly number[]) => {
      asked += 1;
      return subset.includes(3) && subset.includes(97);
    };
    const found = await smallestFailing(range(100), fails, { most: 10 });
    assert.equal(asked, 10);
    assert.ok(found.includes(3) && found.includes(97));
  });
});
