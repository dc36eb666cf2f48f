import assert from 'node:assert/strict';
import { PatternPlanner } from '../../../src/validate/memory/memory-pattern.ts';

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
});
