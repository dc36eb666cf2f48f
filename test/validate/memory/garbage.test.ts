import assert from 'node:assert/strict';
import { garbageBytes, mostGarbageBytes } from '../../../src/validate/memory/garbage.ts';

const MIB = 2 ** 20;

describe('What earlier requests left behind', () => {
  it('is nothing before the first of them', () => {
    assert.equal(garbageBytes({ inputBytes: MIB, outputBytes: MIB, earlier: 0 }), 0);
    assert.equal(mostGarbageBytes({ inputBytes: MIB, outputBytes: MIB, earlier: 0 }), 0);
  });

  it('grows with their number until the next collection, and no further', () => {
    const left = [1, 2, 3, 100, Infinity].map((earlier) =>
      garbageBytes({ inputBytes: 2 * MIB, outputBytes: 0, earlier }),
    );
    assert.deepEqual(left, [2 * MIB, 4 * MIB, 6 * MIB, 10 * MIB, 10 * MIB]);
  });

  for (const inputBytes of [1024, MIB, 5 * MIB, 100 * MIB]) {
    it(`is never estimated above its bound for requests of ${inputBytes} bytes`, () => {
      for (const earlier of [0, 1, 2, 5, 1000, Infinity]) {
        const requests = { inputBytes, outputBytes: inputBytes, earlier };
        assert.ok(garbageBytes(requests) <= mostGarbageBytes(requests));
      }
    });
  }

  it('is nothing for a model without tensors to carry', () => {
    assert.equal(garbageBytes({ inputBytes: 0, outputBytes: 0, earlier: Infinity }), 0);
  });
});
