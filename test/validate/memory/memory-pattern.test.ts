import assert from 'node:assert/strict';
import { randomNumbers } from '../../../src/nouns/random-numbers.ts';
import { type Extent, PatternPlanner } from '../../../src/validate/memory/memory-pattern.ts';

describe('The block that values share', () => {
  it('rounds every value up to 64 bytes', () => {
    const planner = new PatternPlanner();
    planner.allocate('a', 1);
    assert.deepEqual(planner.allocate('b', 65), { offset: 64, bytes: 128 });
    assert.equal(planner.bytes, 192);
  });

  it('puts a value into the gap that it fills best', () => {
    const planner = new PatternPlanner();
    for (const [name, bytes] of Object.entries({ a: 256, b: 64, c: 128, d: 64 })) planner.allocate(name, bytes);
    planner.free('a');
    planner.free('c');
    assert.equal(planner.allocate('e', 128).offset, 320);
    assert.equal(planner.allocate('f', 192).offset, 0);
    assert.equal(planner.bytes, 512);
  });

  it('grows where no gap is large enough', () => {
    const planner = new PatternPlanner();
    planner.allocate('a', 64);
    planner.allocate('b', 64);
    planner.free('a');
    assert.equal(planner.allocate('c', 128).offset, 128);
  });

  it('gives empty values no room', () => {
    const planner = new PatternPlanner();
    planner.allocate('a', 0);
    assert.equal(planner.bytes, 0);
  });

  it('finds the gap that looking at every value finds', () => {
    const random = randomNumbers(7);
    const planner = new PatternPlanner();
    const held = new Map<string, Extent>();
    for (let round = 0; round < 2000; round++) {
      const [oldest = ''] = [...held.keys()].slice(Math.floor(random() * held.size));
      if (held.size > 0 && random() < 0.48) {
        held.delete(oldest);
        planner.free(oldest);
      } else {
        const bytes = 64 * (1 + Math.floor(random() * 12));
        const extent = planner.allocate(`${round}`, bytes);
        assert.deepEqual(extent, { offset: bestOffset([...held.values()], bytes), bytes });
        held.set(`${round}`, extent);
      }
    }
  });
});

/** As the runtime finds it: by going through all that is taken. */
function bestOffset(taken: readonly Extent[], bytes: number): number {
  let [best, waste, end] = [-1, Infinity, 0];
  for (const { offset, bytes: length } of [...taken].sort((a, b) => a.offset - b.offset)) {
    const gap = offset - end;
    if (gap >= bytes && gap - bytes < waste) [best, waste] = [end, gap - bytes];
    end = offset + length;
  }
  return best < 0 ? end : best;
}
