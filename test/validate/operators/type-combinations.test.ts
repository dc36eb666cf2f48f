import assert from 'node:assert/strict';
import { askCombinations, asRows, type Combination } from '../../../src/validate/operators/type-combinations.ts';

const TYPES = ['tensor(float)', 'tensor(double)', 'tensor(int64)', 'tensor(uint8)'];

describe('Asking about combinations of types', () => {
  it('asks each combination once where they are few', async () => {
    const asked: string[] = [];
    const { isComplete } = await askCombinations([TYPES, TYPES], async (combination) => {
      asked.push(combination.join());
      return 'no';
    });
    assert.equal(isComplete, true);
    assert.equal(asked.length, 16);
    assert.equal(new Set(asked).size, 16);
  });

  it('follows accepted combinations to their neighbours where they are many', async () => {
    const many = Array.from({ length: 40 }, (_, index) => `tensor(t${index})`);
    const accepts = ([a, b, c]: Combination): boolean =>
      a === b && (c === 'tensor(t3)' || c === 'tensor(t39)' || c === b);
    const { answers, isComplete } = await askCombinations([many, many, many], async (combination) =>
      accepts(combination) ? 'yes' : 'no',
    );
    assert.equal(isComplete, false);
    const found = [...answers].filter(([, answer]) => answer === 'yes').map(([combination]) => combination.join());
    assert.ok(found.includes('tensor(t7),tensor(t7),tensor(t3)'));
    assert.ok(answers.size <= 1200);
  });

  it('asks once about an operator without type variables', async () => {
    const { answers } = await askCombinations([], async () => 'yes');
    assert.deepEqual([...answers], [[[], 'yes']]);
  });
});

describe('Rows of type lists', () => {
  const ROWS: readonly (readonly [string, readonly Combination[]])[] = [
    ['nothing', []],
    ['one combination', [['a', 'b']]],
    [
      'a whole product',
      [
        ['a', 'x'],
        ['a', 'y'],
        ['b', 'x'],
        ['b', 'y'],
      ],
    ],
    [
      'a product with a corner missing',
      [
        ['a', 'x'],
        ['a', 'y'],
        ['b', 'x'],
      ],
    ],
    [
      'a diagonal',
      [
        ['a', 'a'],
        ['b', 'b'],
        ['c', 'c'],
      ],
    ],
  ];
  for (const [what, combinations] of ROWS) {
    it(`say exactly what was given: ${what}`, () => {
      const expanded = asRows(combinations, 2).flatMap(([first = [], second = []]) =>
        first.flatMap((a) => second.map((b) => `${a},${b}`)),
      );
      assert.deepEqual(expanded.sort(), combinations.map((combination) => combination.join()).sort());
    });
  }
});
