import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const textOf = (folder: string): string =>
  readdirSync(`${root}${folder}`)
    .filter((name) => /\.(py|ts)$/.test(name))
    .map((name) => readFileSync(`${root}${folder}/${name}`, 'utf8'))
    .join('\n');

/** How many ways exporters have of going wrong, by kind: scikit-learn, TensorFlow, PyTorch, boosting, others. */
const MET = { S: 14, T: 6, Y: 8, G: 5, P: 2 };

describe('What exporters get wrong', () => {
  const page = readFileSync(`${root}docs/exporters.md`, 'utf8');
  const lines = [...page.matchAll(/^\| ([A-Z]\d+) \|.*\| ([^|]+) \|$/gm)].map(([, number = '', by = '']) => ({
    number,
    by,
  }));
  const rows = textOf('bench/convert');
  const tests = textOf('test/convert');

  it('is listed without a gap', () => {
    const wanted = Object.entries(MET).flatMap(([kind, count]) =>
      Array.from({ length: count }, (_, place) => `${kind}${place + 1}`),
    );
    assert.deepEqual(
      lines.map(({ number }) => number),
      wanted,
    );
  });

  for (const { number, by } of lines) {
    it(`${number} is held by something that is there: ${by}`, () => {
      const [, kind, what = ''] = /^(row|test): (.+)$/.exec(by) ?? [];
      if (kind === 'row') assert.match(rows, new RegExp(`"${what}["{,]`));
      else if (kind === 'test') assert.ok(tests.includes(what.replaceAll("'", "\\'")) || tests.includes(what), what);
      else assert.equal(by, 'every export');
    });
  }
});
