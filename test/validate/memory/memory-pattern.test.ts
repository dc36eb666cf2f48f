import assert from 'node:assert/strict';
import { randomNumbers } from '../../../src/nouns/random-numbers.ts';
import { type Extent, PatternPlanner } from '../../../src/validate/memory/memory-pattern.ts';

describe('The block that values share', () => {
  it('rounds every value up to 256 bytes', () => {
    const planner = new PatternPlanner();
    planner.allocate('a', 1);
    assert.deepEqual(planner.allocate('b', 257), { offset: 256, bytes: 512 });
    assert.equal(planner.bytes, 768);
  });

  it('puts a value into the gap that it fills best', () => {
    const planner = new PatternPlanner();
    for (const [name, bytes] of Object.entries({ a: 1024, b: 256, c: 512, d: 256 })) planner.allocate(name, bytes);
    planner.free('a');
    planner.free('c');
    assert.equal(planner.allocate('e', 512).offset, 1280);
    assert.equal(planner.allocate('f', 768).offset, 0);
    assert.equal(planner.bytes, 2048);
  });

  it('puts it behind the last one where the block has grown to a room that it fills better', () => {
    const planner = new PatternPlanner();
    // The sizes and places that onnxruntime 1.30.0 had in its memory after a run of an attention layer.
    const place = (name: string, bytes: number) => planner.allocate(name, bytes).offset;
    assert.equal(place('queries', 3_072_000), 0);
    assert.equal(place('scores', 26_688_000), 3_072_000);
    assert.equal(place('bias', 1_800_000), 29_760_000);
    assert.equal(place('masked', 14_400_000), 31_560_192);
    for (const name of ['scores', 'masked']) planner.free(name);
    assert.equal(place('joined', 3_072_000), 31_560_192);
    assert.equal(place('projected', 3_072_000), 34_632_192);
    assert.equal(place('gates', 8_601_600), 3_072_000);
    assert.equal(planner.bytes, 45_960_192);
  });

  it('grows where no gap is large enough', () => {
    const planner = new PatternPlanner();
    planner.allocate('a', 256);
    planner.allocate('b', 256);
    planner.free('a');
    assert.equal(planner.allocate('c', 512).offset, 512);
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
        const bytes = 256 * (1 + Math.floor(random() * 12));
        const block = planner.bytes;
        const extent = planner.allocate(`${round}`, bytes);
        assert.deepEqual(extent, { offset: bestOffset([...held.values()], { bytes, block }), bytes });
        held.set(`${round}`, extent);
      }
    }
  });
});

/** As the runtime finds it: by going through all that is taken, and what is left of the block behind it. */
function bestOffset(taken: readonly Extent[], { bytes, block }: { readonly bytes: number; readonly block: number }) {
  let [best, waste, end] = [-1, Infinity, 0];
  for (const { offset, bytes: length } of [...taken].sort((a, b) => a.offset - b.offset)) {
    const gap = offset - end;
    if (gap >= bytes && gap - bytes < waste) [best, waste] = [end, gap - bytes];
    end = offset + length;
  }
  return best < 0 || (block - end >= bytes && block - end - bytes < waste) ? end : best;
}
