import assert from 'node:assert/strict';
import { appendFile, chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { openCache } from '../../../src/cache/cache.ts';
import { type LayerOptions, packLayer } from '../../../src/container/image/layer.ts';
import { fileOf } from '../../../src/container/tree.ts';
import { digestOf } from '../../../src/nouns/digest.ts';
import type { Progress } from '../../../src/nouns/progress.ts';
import { fileOnDisk, SMALL_TREE, withFolder } from './fixtures.ts';

describe('packing a layer', () => {
  for (const compression of ['none', 'gzip'] as const) {
    it(`stores a blob whose digests and size are true (${compression})`, async () => {
      await withPacker(async (pack) => {
        const layer = await pack(SMALL_TREE, { compression });
        const blob = await readFile(layer.path);
        const plain = compression === 'gzip' ? gunzipSync(blob) : blob;
        assert.equal(layer.digest, digestOf(blob));
        assert.equal(layer.size, blob.length);
        assert.equal(layer.diffId, digestOf(plain));
        assert.equal(layer.mediaType.endsWith('+gzip'), compression === 'gzip');
      });
    });

    it(`takes a layer with a known key from the cache without reading the tree (${compression})`, async () => {
      await withPacker(async (pack, folder) => {
        const path = join(folder, 'file');
        await writeFile(path, 'content');
        const tree = [fileOnDisk('f', { path, size: 7 })];
        const first = await pack(tree, { compression, cacheKey: 'key' });
        await rm(path);
        assert.deepEqual(await pack(tree, { compression, cacheKey: 'key' }), first);
        await assert.rejects(pack(tree, { compression, cacheKey: 'other key' }), { code: 'image/unreadable-file' });
        await assert.rejects(pack(tree, { compression, cacheKey: 'key', mtime: 1 }), { code: 'image/unreadable-file' });
      });
    });

    it(`makes the layer again where its blob was damaged in the cache (${compression})`, async () => {
      await withFolder(async (folder) => {
        const options = { name: 'small', compression, mtime: 0, cacheKey: 'key' };
        const first = await packLayer(() => SMALL_TREE, { ...options, cache: await openCache({ folder }) });
        await chmod(first.path, 0o644);
        await appendFile(first.path, 'x');
        const again = await packLayer(() => SMALL_TREE, { ...options, cache: await openCache({ folder }) });
        assert.equal(again.digest, first.digest);
        assert.equal(digestOf(await readFile(again.path)), first.digest);
      });
    });
  }

  it('compresses the same tar once, also without a key', async () => {
    await withPacker(async (pack) => {
      const ends: (string | undefined)[] = [];
      const progress: Progress = {
        step: () => ({ total: () => {}, advance: () => {}, done: (detail) => ends.push(detail) }),
        note: () => {},
      };
      await pack(SMALL_TREE, { compression: 'gzip', progress });
      await pack([...SMALL_TREE].reverse(), { compression: 'gzip', progress });
      assert.equal(ends[1], 'reused');
      assert.notEqual(ends[0], 'reused');
    });
  });

  it('gives other digests for another time, mode or content', async () => {
    await withPacker(async (pack) => {
      const options = { compression: 'none' } as const;
      const digests = [
        (await pack([fileOf('f', 'a')], options)).digest,
        (await pack([fileOf('f', 'b')], options)).digest,
        (await pack([fileOf('f', 'a', 0o755)], options)).digest,
        (await pack([fileOf('f', 'a')], { ...options, mtime: 1 })).digest,
      ];
      assert.equal(new Set(digests).size, 4);
    });
  });
});

type Pack = (
  tree: typeof SMALL_TREE,
  options: Pick<LayerOptions, 'compression'> & Partial<LayerOptions>,
) => ReturnType<typeof packLayer>;

async function withPacker(use: (pack: Pack, folder: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    const cache = await openCache({ folder: join(folder, 'cache') });
    await use((tree, options) => packLayer(() => tree, { name: 'small', mtime: 0, cache, ...options }), folder);
  });
}
