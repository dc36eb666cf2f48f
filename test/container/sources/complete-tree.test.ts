import assert from 'node:assert/strict';
import { completeTree, resolveInTree, withoutDanglingLinks } from '../../../src/container/sources/complete-tree.ts';
import { type Entry, fileOf } from '../../../src/container/tree.ts';

const link = (path: string, target: string): Entry => ({ kind: 'symlink', path, target });

describe('a tree in its final form', () => {
  it('has every parent once, and the order of bytes', () => {
    const tree = completeTree([
      fileOf('a/b/c', ''),
      fileOf('a-b', ''),
      fileOf('a/é', ''),
      fileOf('a/z', ''),
      fileOf('B', ''),
    ]);
    assert.deepEqual(
      tree.map(({ kind, path }) => `${kind} ${path}`),
      ['file B', 'directory a', 'file a-b', 'directory a/b', 'file a/b/c', 'file a/z', 'file a/é'],
    );
  });

  it('keeps the mode of a folder that is given', () => {
    const tmp: Entry = { kind: 'directory', path: 'tmp', mode: 0o1777 };
    assert.deepEqual(completeTree([fileOf('tmp/x', ''), tmp])[0], tmp);
  });

  for (const [title, entries] of [
    ['a path that is there twice', [fileOf('a', '1'), fileOf('a', '2')]],
    ['a path below a link', [link('a', 'b'), fileOf('a/c', '')]],
    ['a path below a file', [fileOf('a', ''), fileOf('a/b/c', '')]],
  ] as const) {
    it(`refuses ${title}`, () => assert.throws(() => completeTree(entries), { code: 'sources/clash' }));
  }

  const tree = [
    link('lib', 'usr/lib'),
    link('usr/lib/a', '../lib64/b'),
    link('usr/lib64/b', '/lib/c'),
    fileOf('usr/lib/c', ''),
    link('circle', 'circle'),
    link('outside', '../../usr/lib/c'),
    link('nowhere', '/etc/none'),
  ];
  for (const [path, wanted] of [
    ['/lib/a', 'usr/lib/c'],
    ['usr/lib64/b', 'usr/lib/c'],
    ['outside', 'usr/lib/c'],
    ['circle', undefined],
    ['nowhere', undefined],
    ['/lib/none', undefined],
  ] as const) {
    it(`resolves ${path} to ${wanted ?? 'nothing'}`, () =>
      assert.equal(resolveInTree(completeTree(tree), path)?.path, wanted));
  }

  it('can do without links that lead nowhere', () => {
    const links = withoutDanglingLinks(completeTree(tree)).filter(({ kind }) => kind === 'symlink');
    assert.deepEqual(
      links.map(({ path }) => path),
      ['lib', 'outside', 'usr/lib/a', 'usr/lib64/b'],
    );
  });
});
