import assert from 'node:assert/strict';
import { relativeSpeed } from '../../../src/validate/runtime/relative-speed.ts';

const round = (lean: number, fast: number, by: number) => ({ lean: lean * by, fast: fast * by, default: by });

describe('The relative speed of the profiles', () => {
  it('is the median of the rounds, each against the default options of its own round', () => {
    const found = relativeSpeed([round(1.4, 1.1, 10), round(1.3, 1, 80), round(1.5, 1.2, 11)]);
    assert.equal(found?.rounds, 3);
    assert.deepEqual(
      found?.profiles.map(({ profile, ratio }) => [profile, ratio?.toFixed(3)]),
      [
        ['lean', '1.400'],
        ['fast', '1.100'],
      ],
    );
  });

  it('has the middle half of the rounds as its spread, and is open where that is wide', () => {
    const steady = relativeSpeed([1, 1.02, 1.04, 1.06, 9].map((ratio) => round(ratio, 1, 5)));
    assert.deepEqual(steady?.profiles[0], { profile: 'lean', ratio: 1.04, least: 1.02, most: 1.06 });
    const noisy = relativeSpeed([1, 1.5, 2].map((ratio) => round(ratio, 1, 4)));
    assert.deepEqual(noisy?.profiles[0], { profile: 'lean', ratio: null, least: 1.25, most: 1.75 });
    assert.equal(noisy?.profiles[1]?.ratio, 1);
  });

  it('is not known from fewer than three rounds', () => {
    assert.equal(relativeSpeed([round(1, 1, 1), round(1, 1, 1)]), null);
  });
});
