import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { largePages, largePagesBytes } from '../../../src/container/cgroup/large-pages.ts';
import * as server from '../../../templates/server/large-pages.ts';

describe('Large pages', () => {
  let root: string;
  before(() => {
    root = mkdtempSync(join(tmpdir(), 'plimsoll-pages-'));
    mkdirSync(join(root, 'sys/kernel/mm/transparent_hugepage'), { recursive: true });
  });
  after(() => rmSync(root, { recursive: true }));

  for (const [text, chosen] of [
    ['[always] madvise never', 'always'],
    ['always [madvise] never', 'madvise'],
    ['always madvise [never]', 'never'],
    ['rubbish', null],
  ] as const)
    it(`are given as the kernel says: ${text}`, () => {
      writeFileSync(join(root, 'sys/kernel/mm/transparent_hugepage/enabled'), `${text}\n`);
      assert.equal(largePages(root), chosen);
      assert.equal(server.hasLargePages(root), chosen === 'always');
    });

  it('are not told where the kernel has none', () => {
    assert.equal(largePages(join(root, 'gone')), null);
    assert.equal(server.hasLargePages(join(root, 'gone')), false);
  });

  it('take as much for the packager as for the server', () => {
    for (const workers of [0, 1, 4]) assert.equal(largePagesBytes(workers), server.largePagesBytes(workers));
  });
});
