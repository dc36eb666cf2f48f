import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { extract } from 'tar-stream';
import { tar, tarSize } from '../../../src/container/image/tar.ts';
import { TAR_BLOCK, tarHeader } from '../../../src/container/image/tar-header.ts';
import { type Entry, fileOf, type Tree } from '../../../src/container/tree.ts';
import { digestOf } from '../../../src/nouns/digest.ts';
import { fileOnDisk, SMALL_TREE, withFolder } from './fixtures.ts';

describe('the tar stream of a tree', () => {
  it('has the digest that this version of the assembler promises', async () => {
    const bytes = await bytesOf(SMALL_TREE);
    assert.equal(digestOf(bytes), 'sha256:3b97aba18d17576e3fb710b66dab91e3e848fc0f8969680f8cb8eadda2bac2e7');
    assert.equal(bytes.length, tarSize(SMALL_TREE));
  });

  it('does not depend on the order of the entries', async () => {
    const wanted = digestOf(await bytesOf(SMALL_TREE));
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray([...SMALL_TREE], { minLength: SMALL_TREE.length }), async (shuffled) => {
        assert.equal(digestOf(await bytesOf(shuffled)), wanted);
      }),
      { numRuns: 20 },
    );
  });

  it('does not depend on the times and modes of the files that it is read from', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'file');
      const tree = [fileOnDisk('app/file', { path, size: 7 })];
      await writeFile(path, 'content');
      const first = digestOf(await bytesOf(tree));
      await utimes(path, 1, 1);
      await chmod(path, 0o600);
      assert.equal(digestOf(await bytesOf(tree)), first);
      assert.equal(first, digestOf(await bytesOf([fileOf('app/file', 'content')])));
    });
  });

  it('comes back from tar-stream as it was, parents first and sorted by bytes', async () => {
    const entries = await entriesOf(await bytesOf(SMALL_TREE, 12));
    const paths = entries.map((entry) => entry.name.replace(/\/$/, ''));
    assert.deepEqual(
      paths,
      [...paths].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    for (const entry of SMALL_TREE) {
      const found = entries.find(({ name }) => name.replace(/\/$/, '') === entry.path);
      assert.ok(found, entry.path);
      assert.equal(found.mtime, 12);
      assert.equal(found.owner, '0:0');
      if (entry.kind === 'symlink') assert.equal(found.link, entry.target);
      else assert.equal(found.mode, entry.mode);
      if (entry.kind === 'file' && entry.content.kind === 'bytes') {
        assert.equal(found.content, Buffer.from(entry.content.bytes).toString());
      }
    }
    assert.equal(entries.find(({ name }) => name === 'usr/')?.mode, 0o755);
  });

  it('is read by the system tar', async function () {
    try {
      execFileSync('tar', ['--version'], { stdio: 'ignore' });
    } catch {
      this.skip();
    }
    await withFolder(async (folder) => {
      const file = join(folder, 'a.tar');
      await writeFile(file, await bytesOf(SMALL_TREE));
      execFileSync('tar', ['-xf', file, '-C', folder, '--no-same-owner']);
      const deep = join(folder, 'app', ...'folder/'.repeat(20).split('/'), 'file');
      assert.equal(execFileSync('cat', [deep]).toString(), 'deep');
      assert.equal(execFileSync('cat', [join(folder, 'bin', 'program')]).toString(), '#!program\n');
    });
  });

  it('carries any content across the borders of its pieces', async () => {
    const sizes = [0, 1, 511, 512, 513, 2 ** 20 - 1024, 2 ** 20 - 512, 2 ** 20, 2 ** 20 + 1, 3 * 2 ** 20 + 77];
    await withFolder(async (folder) => {
      for (const size of sizes) {
        const content = Buffer.alloc(size, `${size}-`);
        const path = join(folder, String(size));
        await writeFile(path, content);
        const fromMemory = await bytesOf([fileOf('f', content), fileOf('g', 'after')]);
        const fromDisk = await bytesOf([fileOnDisk('f', { path, size }), fileOf('g', 'after')]);
        assert.equal(digestOf(fromDisk), digestOf(fromMemory), `${size} bytes`);
        const [first, second] = await entriesOf(fromMemory);
        assert.equal(first?.content, content.toString());
        assert.equal(second?.content, 'after');
      }
    });
  });

  it('fills the same memory again where it may, and never that of a piece that is in use', async () => {
    const content = Buffer.from(Uint32Array.from({ length: 2 ** 20 + 3 }, (_, index) => index * 2_654_435_761).buffer);
    await withFolder(async (folder) => {
      const path = join(folder, 'file');
      await writeFile(path, content);
      const tree = [
        fileOf('app/a', content),
        fileOnDisk('app/b', { path, size: content.length }),
        fileOf('app/c', 'c'),
      ];
      const memory = new Set<ArrayBufferLike>();
      const hash = createHash('sha256');
      for await (const piece of tar(tree, { mtime: 0, mayReuse: true })) {
        memory.add(piece.buffer);
        // What is read ahead has time to come.
        await setTimeout(5);
        hash.update(piece);
      }
      assert.equal(`sha256:${hash.digest('hex')}`, digestOf(await bytesOf(tree)));
      assert.equal(memory.size, 2);
    });
  });

  it('writes sizes above 8 GiB into a pax record', () => {
    const size = 2 ** 33 + 5;
    const facts = { kind: 'file' as const, path: 'big', mode: 0o644, mtime: 0, target: '' };
    assert.equal(tarHeader({ ...facts, size: 2 ** 33 - 1 }).length, TAR_BLOCK);
    const header = Buffer.from(tarHeader({ ...facts, size }));
    assert.equal(header.length, 3 * TAR_BLOCK);
    assert.equal(header.subarray(TAR_BLOCK, TAR_BLOCK + 19).toString(), `19 size=${size}\n`);
  });

  const refused: readonly (readonly [string, Tree, RegExp])[] = [
    ['two entries at one path', [fileOf('a', '1'), fileOf('a', '2')], /"a" is in the layer twice/],
    [
      'an entry below a link',
      [{ kind: 'symlink', path: 'lib', target: 'usr/lib' }, fileOf('lib/x', '')],
      /"lib\/x" lies below lib, which is a symlink/,
    ],
    ['an entry below a file', [fileOf('a', ''), fileOf('a/b/c', '')], /lies below a, which is a file/],
    ['an absolute path', [fileOf('/etc/passwd', '')], /not a plain path/],
    ['a path that climbs', [fileOf('a/../b', '')], /not a plain path/],
    ['an empty path', [fileOf('', '')], /not a plain path/],
    ['a path with a zero byte', [fileOf('a\0b', '')], /not a plain path/],
    ['a path longer than Linux allows', [fileOf(`${'d/'.repeat(2100)}f`, '')], /longer than 4095 bytes/],
    ['a setuid file', [fileOf('su', '', 0o4755)], /mode 4755/],
    ['an impossible mode', [fileOf('a', '', 0o10000)], /impossible mode/],
    ['a link to nowhere', [{ kind: 'symlink', path: 'a', target: '' }], /link to nowhere/],
  ];
  for (const [what, tree, message] of refused) {
    it(`refuses ${what}`, async () => {
      await assert.rejects(async () => bytesOf(tree), { name: 'Failure', code: 'image/tree', message });
    });
  }

  it('says which file is missing, shorter or longer than the tree has it', async () => {
    await withFolder(async (folder) => {
      const path = join(folder, 'file');
      await writeFile(path, '12345');
      const of = (size: number, name = path): Entry => fileOnDisk('f', { path: name, size });
      await assert.rejects(bytesOf([of(9)]), { code: 'image/file-changed', message: /wanted 9 bytes, found 5/ });
      await assert.rejects(bytesOf([of(3)]), { code: 'image/file-changed', message: /wanted 3 bytes, found 5/ });
      await assert.rejects(bytesOf([of(3, `${path}-gone`)]), { code: 'image/unreadable-file', message: /file-gone/ });
      await assert.rejects(bytesOf([of(3, folder)]), { code: 'image/unreadable-file' });
    });
  });

  it('refuses a time that a header cannot hold', () => {
    for (const mtime of [-1, 0.5, Number.NaN, 2 ** 40]) assert.throws(() => tar([], { mtime }), RangeError);
  });
});

async function bytesOf(tree: Tree, mtime = 0): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of tar(tree, { mtime })) pieces.push(piece);
  return Buffer.concat(pieces);
}

interface Found {
  readonly name: string;
  readonly mode: number | undefined;
  readonly mtime: number | undefined;
  readonly owner: string;
  readonly link: string | null | undefined;
  readonly content: string;
}

async function entriesOf(bytes: Uint8Array): Promise<readonly Found[]> {
  const reader = extract();
  Readable.from([bytes]).pipe(reader);
  const found: Found[] = [];
  for await (const entry of reader) {
    const pieces: Uint8Array[] = [];
    for await (const piece of entry) pieces.push(piece as Uint8Array);
    const { name, mode, mtime, uid, gid, linkname } = entry.header;
    const seconds = mtime === undefined ? undefined : mtime.getTime() / 1000;
    found.push({
      name,
      mode,
      mtime: seconds,
      owner: `${uid}:${gid}`,
      link: linkname,
      content: Buffer.concat(pieces).toString(),
    });
  }
  return found;
}
