import assert from 'node:assert/strict';
import { axisBounds, axisKey, lettersKey, parseAxisKey, yamlKey } from '../../src/nouns/axis-bound.ts';

describe('A bound by place', () => {
  it('names a value and an axis, whatever letters the value’s name has', () => {
    for (const value of ['x', 'a/b:0', 'x[1]', 'a b']) {
      assert.deepEqual(parseAxisKey(axisKey(value, 12)), { value, axis: 12 });
    }
  });

  it('is no symbol, and no text’s length', () => {
    for (const key of ['batch', '[1]', 'x[-1]', 'x[1', lettersKey('x')]) assert.equal(parseAxisKey(key), null);
  });

  it('comes with the others of its value', () => {
    const bounds = axisBounds([
      ['batch', 1],
      ['x[1]', 2],
      ['x[0]', 3],
      ['y[0]', 4],
    ]);
    assert.deepEqual(
      [...(bounds.get('x') ?? [])],
      [
        [1, 2],
        [0, 3],
      ],
    );
    assert.deepEqual([...bounds.keys()], ['x', 'y']);
  });

  it('is put in quotes where YAML would read something else', () => {
    assert.deepEqual(['batch', 'x[1]', 'a b'].map(yamlKey), ['batch', '"x[1]"', '"a b"']);
  });
});
