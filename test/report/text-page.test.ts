import assert from 'node:assert/strict';
import { renderPage } from '../../src/report/text-page.ts';

const PLAIN = { columns: 40, colour: false };

describe('renderPage', () => {
  it('lines columns up, numbers to the right, with their digits in threes', () => {
    const rows = [
      ['Conv', 12, 'a'],
      ['Gemm', 1234567, 'b'],
    ];
    assert.equal(renderPage([{ title: 'T', rows }], PLAIN), 'T\n  Conv         12  a\n  Gemm  1,234,567  b\n');
  });

  it('cuts a long name in its middle, where it tells least', () => {
    const page = renderPage([{ title: 'T', rows: [['encoder.layers.0.attention.self.query.weight', 'float']] }], PLAIN);
    assert.ok(page.split('\n').every((line) => line.length <= 40));
    assert.match(page, /^ {2}encoder\.lay.*….*weight {2}float$/m);
  });

  it('keeps within the screen whichever column is too long', () => {
    const page = renderPage([{ title: 'T', rows: [['x', 'y'.repeat(100), 'z'.repeat(50)]] }], PLAIN);
    assert.ok(page.split('\n').every((line) => line.length <= 40));
  });

  it('goes on in further lines where sentences are wrapped, and keeps words whole', () => {
    const rows = [['mended', 'rule', `one two three four five ${'long'.repeat(12)}`]];
    const page = renderPage([{ title: 'T', rows, flexible: 2, isWrapped: true }], PLAIN);
    assert.deepEqual(page.split('\n').slice(1, 3), [
      '  mended  rule  one two three four five',
      `                ${'long'.repeat(12)}`,
    ]);
  });

  it('shows what would steer a terminal as its code', () => {
    const page = renderPage([{ title: 'a\u001B]0;b', rows: [['\u202Eevil\r\n\u0007']] }], PLAIN);
    assert.equal(page, 'a\\u001b]0;b\n  \\u202eevil\\u000d\\u000a\\u0007\n');
  });

  it('says how many rows it leaves out', () => {
    const page = renderPage([{ title: 'T', rows: Array.from({ length: 300_000 }, (_, index) => [index]) }], PLAIN);
    assert.equal(page.trimEnd().split('\n').at(-1), '  and 299,900 more');
  });
});
