import assert from 'node:assert/strict';
import { nearest } from '../../src/nouns/nearest.ts';

describe('the nearest known word', () => {
  const rows: readonly [string, string | undefined][] = [
    ['budgets', 'budget'],
    ['mdoel', 'model'],
    ['bacth', 'batch'],
    ['Model', 'model'],
    ['lnit', 'lint'],
    ['m', undefined],
    ['zebra', undefined],
    ['x'.repeat(65), undefined],
  ];
  for (const [word, wanted] of rows) {
    it(`of ${word.slice(0, 10)} is ${wanted}`, () => {
      assert.equal(nearest(word, ['model', 'budget', 'batch', 'bounds', 'init', 'lint', 'x'.repeat(64)]), wanted);
    });
  }
});
