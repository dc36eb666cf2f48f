import assert from 'node:assert/strict';
import { Recent } from '../../../src/validate/memory/recent.ts';

describe('Recent', () => {
  it('works a result out once for each value and key', () => {
    const recent = new Recent<object, number>(2);
    const [one, other] = [{}, {}];
    let made = 0;
    const make = () => ++made;
    assert.equal(recent.of(one, 'a', make), 1);
    assert.equal(recent.of(one, 'a', make), 1);
    assert.equal(recent.of(one, 'b', make), 2);
    assert.equal(recent.of(other, 'a', make), 3);
  });

  it('lets go of what was not asked for the longest', () => {
    const recent = new Recent<object, number>(2);
    const subject = {};
    let made = 0;
    const ask = (key: string) => recent.of(subject, key, () => ++made);
    assert.deepEqual(['a', 'b', 'a', 'c', 'a', 'b'].map(ask), [1, 2, 1, 3, 1, 4]);
  });

  it('keeps nothing of what throws', () => {
    const recent = new Recent<object, number>(1);
    const subject = {};
    const fail = () => {
      throw new Error('not now');
    };
    assert.throws(() => recent.of(subject, 'a', fail), /not now/);
    assert.equal(
      recent.of(subject, 'a', () => 7),
      7,
    );
  });
});
