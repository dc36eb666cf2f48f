import assert from 'node:assert/strict';
import { formatByteSize, parseByteSize } from '../../src/nouns/byte-size.ts';

describe('A size in bytes', () => {
  const read: readonly [unknown, number][] = [
    ['256MiB', 268435456],
    ['1.5GiB', 1610612736],
    ['80MB', 80000000],
    ['80 mb', 80000000],
    ['1048576B', 1048576],
    [' 64KiB ', 65536],
  ];
  for (const [text, bytes] of read) {
    it(`reads ${JSON.stringify(text)} as ${bytes}`, () => assert.deepEqual(parseByteSize(text), { ok: true, bytes }));
  }

  const refused: readonly [unknown, RegExp][] = [
    [256, /256 has no unit; write 256MiB/],
    ['256', /256 has no unit/],
    [-1, /-1 is not a size/],
    ['-1', /"-1" is not a size/],
    ['-1MiB', /"-1MiB" is not a size/],
    ['256 megs', /"megs" is not a unit/],
    ['1e400GiB', /"1e400GiB" is not a size/],
    ['9999999999TiB', /larger than any machine/],
    ['0MiB', /no room at all/],
    ['', /is not a size/],
    [null, /found nothing/],
    [['1MiB'], /found a list/],
    [Number.NaN, /is not a size/],
    [Number.POSITIVE_INFINITY, /is not a size/],
  ];
  for (const [value, why] of refused) {
    it(`refuses ${JSON.stringify(value)}`, () => {
      const result = parseByteSize(value);
      assert.ok(!result.ok);
      assert.match(result.why, why);
    });
  }

  it('is shown in binary units with one digit after the point below a hundred', () => {
    assert.deepEqual([5, 2048, 1e6, 268435456, 2 ** 40].map(formatByteSize), [
      '5 B',
      '2.0 KiB',
      '977 KiB',
      '256 MiB',
      '1.0 TiB',
    ]);
  });
});
