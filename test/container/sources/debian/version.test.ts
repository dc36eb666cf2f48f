import assert from 'node:assert/strict';
import { compareVersions } from '../../../../src/container/sources/debian/version.ts';

describe('the order of Debian versions', () => {
  /** Each line in ascending order; the rules are those of deb-version(7). */
  const ladders: readonly (readonly string[])[] = [
    ['1.0~~', '1.0~~a', '1.0~', '1.0', '1.0a', '1.0+', '1.0.1', '1.1'],
    ['1.0~rc1-1', '1.0-1', '1.0-1+b1', '1.0-1.1', '1.0-2'],
    ['0.9', '0.10', '1.9', '1.10', '1.100'],
    ['2.41-12', '2.41-12+deb13u1', '2.41-12+deb13u4', '2.41-12+deb13u14', '2.42-1'],
    ['9.9-9', '1:0.1-1', '1:0.2', '2:0'],
    ['2025b-4+deb13u1', '2026c-0+deb13u1', '2026f-0+deb13u1'],
    ['20250419', '20250419+deb13u1', '20250420'],
    ['1.0-1', '1.0-1a', '1.0-1b', '1.0-a', '1.0-b', '1.0-+'],
    ['1.2.3', '1.2.3-0.1', '1.2.3-1~', '1.2.3-1', '1.2.3-1-1'],
    ['1.99999999999999999998', '1.99999999999999999999', '1.100000000000000000000'],
  ];
  for (const ladder of ladders) {
    it(`is ${ladder.join(' < ')}`, () => {
      for (const [low, a] of ladder.entries()) {
        for (const [high, b] of ladder.entries()) {
          assert.equal(Math.sign(compareVersions(a, b)), Math.sign(low - high), `${a} against ${b}`);
        }
      }
    });
  }

  const equals: readonly (readonly [string, string])[] = [
    ['1.0', '0:1.0'],
    ['1.0', '1.0-0'],
    ['1.01', '1.1'],
    ['1.0-1', '1.00-01'],
  ];
  for (const [a, b] of equals) {
    it(`takes ${a} and ${b} for the same`, () => assert.equal(compareVersions(a, b) || 0, 0));
  }
});
