import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { appendFile, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOfFile } from '../../src/cache/digest-of-file.ts';
import { GatheredReader } from '../../src/cache/gathered-reader.ts';
import type { GatheredFile, GatheredSource } from '../../src/nouns/gathered-file.ts';

describe('digestOfFile', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-digests-'));
  });
  after(() => rm(folder, { recursive: true }));

  const write = async (name: string, bytes: Uint8Array): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return path;
  };
  const sourceOf = async (path: string): Promise<GatheredSource> => {
    const { size, ino, mtimeMs } = await stat(path);
    return { path, bytes: size, inode: ino, modifiedMs: mtimeMs };
  };
  const digest = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

  // Larger ones are hashed in a thread.
  for (const bytes of [0, 3, 2 ** 20, 2 ** 26 + 5]) {
    it(`hashes a file of ${bytes} bytes`, async function () {
      this.timeout(60_000);
      const content = Buffer.alloc(bytes, 'plimsoll');
      assert.equal(await digestOfFile(await write(`of-${bytes}`, content)), digest(content));
    });
  }

  it('hashes more large files at once than there are threads', async function () {
    this.timeout(60_000);
    const content = Buffer.alloc(2 ** 26, 'again');
    const path = await write('again', content);
    const found = await Promise.all(Array.from({ length: 5 }, () => digestOfFile(path)));
    assert.deepEqual(new Set(found), new Set([digest(content)]));
  });

  it('says what is wrong with a file that is not there', async () => {
    await assert.rejects(digestOfFile(join(folder, 'nothing')), { code: 'ENOENT' });
  });

  const gathered = async (rest: number): Promise<GatheredFile> => {
    const first = await write('first', Buffer.from('abcdefgh'));
    const second = await write('second', Buffer.from('0123456789'));
    return {
      bytes: 20 + rest,
      sources: [await sourceOf(first), await sourceOf(second)],
      ranges: [
        { at: 2, source: 1, offset: 3, length: 4 },
        { at: 6, source: 0, offset: 0, length: 2 },
        { at: 12, source: 1, offset: 0, length: 0 },
        { at: 16, source: 0, offset: 5, length: 3 },
      ],
    };
  };

  it('has one of the files open at a time that it gathers from', async () => {
    const paths = await Promise.all(
      Array.from({ length: 40 }, (_, index) => write(`part-${index}`, Buffer.from([index]))),
    );
    const sources = await Promise.all(paths.map(sourceOf));
    const ranges = paths.map((_, index) => ({ at: index, source: index, offset: 0, length: 1 }));
    const reader = await GatheredReader.open({ bytes: paths.length, sources, ranges });
    const before = readdirSync('/proc/self/fd').length;
    const bytes = Buffer.alloc(paths.length);
    assert.equal(await reader.read(bytes), paths.length);
    assert.deepEqual(
      [...bytes],
      paths.map((_, index) => index),
    );
    assert.ok(readdirSync('/proc/self/fd').length <= before + 2);
    await reader.close();
  });

  for (const rest of [0, 2 ** 26]) {
    it(`hashes a file that is gathered from others, with ${rest} zeros at its end`, async function () {
      this.timeout(60_000);
      const content = Buffer.concat([Buffer.from('\0\x003456ab\0\0\0\0\0\0\0\0fgh\0'), Buffer.alloc(rest)]);
      assert.equal(await digestOfFile(await gathered(rest)), digest(content));
    });

    it(`refuses to gather ${20 + rest} bytes from a file that has changed`, async function () {
      this.timeout(60_000);
      const file = await gathered(rest);
      await appendFile(join(folder, 'second'), '!');
      await assert.rejects(digestOfFile(file), { code: 'onnx/changed', exit: 2, message: /second was changed/ });
    });
  }
});
