import assert from 'node:assert/strict';
import { parseChallenges } from '../../../src/container/registry/challenge.ts';

const ROWS: readonly (readonly [string | string[], unknown])[] = [
  ['Basic realm="x"', [{ scheme: 'basic', parameters: { realm: 'x' } }]],
  [
    'Bearer realm="https://t/token",service="r, s",scope="repository:a/b:pull,push"',
    [
      {
        scheme: 'bearer',
        parameters: { realm: 'https://t/token', service: 'r, s', scope: 'repository:a/b:pull,push' },
      },
    ],
  ],
  [
    'Negotiate, Bearer Realm = "a\\"b" , Basic realm=plain',
    [
      { scheme: 'negotiate', parameters: {} },
      { scheme: 'bearer', parameters: { realm: 'a"b' } },
      { scheme: 'basic', parameters: { realm: 'plain' } },
    ],
  ],
  [
    ['Bearer realm="b"', 'Basic realm="c"'],
    [
      { scheme: 'bearer', parameters: { realm: 'b' } },
      { scheme: 'basic', parameters: { realm: 'c' } },
    ],
  ],
  ['', []],
  ['=="', []],
  ['Bearer __proto__="x"', [{ scheme: 'bearer', parameters: JSON.parse('{"__proto__":"x"}') }]],
];

describe('a challenge', () => {
  for (const [header, expected] of ROWS) {
    it(`is read from ${JSON.stringify(header)}`, () => {
      assert.equal(JSON.stringify(parseChallenges(header)), JSON.stringify(expected));
    });
  }

  it('without end is read in no time', () => {
    assert.ok(parseChallenges(`Bearer ${'a="\\'.repeat(100_000)}`).length < 5000);
  });
});
