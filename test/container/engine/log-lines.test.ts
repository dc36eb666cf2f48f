import assert from 'node:assert/strict';
import { finished } from 'node:stream/promises';
import { lineStream } from '../../../src/container/engine/log-lines.ts';

describe("a container's log in lines", () => {
  const rows: readonly (readonly [string, readonly Buffer[], readonly string[]])[] = [
    ['joins pieces and splits at line feeds', [Buffer.from('a'), Buffer.from('b\nc\r\n\nd')], ['ab', 'c', '', 'd']],
    [
      'keeps characters whole that are cut between pieces',
      [Buffer.from([0xe2, 0x82]), Buffer.from([0xac, 0x0a])],
      ['€'],
    ],
    ['tells nothing of an empty log', [], []],
  ];
  for (const [what, pieces, wanted] of rows) {
    it(what, async () => assert.deepEqual(await linesOf(pieces), wanted));
  }

  it('tells a line without an end in pieces, so that it cannot fill the memory', async () => {
    const lines = await linesOf(Array.from({ length: 10 }, () => Buffer.alloc(20_000, 'x')));
    assert.equal(lines.join('').length, 200_000);
    assert.ok(lines.every((line) => line.length <= 65_536));
  });
});

async function linesOf(pieces: readonly Buffer[]): Promise<readonly string[]> {
  const lines: string[] = [];
  const stream = lineStream((line) => lines.push(line));
  for (const piece of pieces) stream.write(piece);
  stream.end();
  await finished(stream);
  return lines;
}
