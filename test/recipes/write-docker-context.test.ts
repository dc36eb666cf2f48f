import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openCache } from '../../src/cache/cache.ts';
import { composeImage } from '../../src/container/image/compose.ts';
import { packLayer } from '../../src/container/image/layer.ts';
import { digestOf } from '../../src/nouns/digest.ts';
import { SILENT } from '../../src/nouns/progress.ts';
import type { Workbench } from '../../src/recipes/workbench.ts';
import { writeDockerContext } from '../../src/recipes/write-docker-context.ts';
import { CONFIG, SMALL_TREE, withFolder } from '../container/image/fixtures.ts';
import { isFailure } from '../container/registry/support.ts';

async function imageIn(folder: string) {
  const cache = await openCache({ folder: join(folder, 'cache') });
  const layerOf = (name: string, compression: 'none' | 'gzip' | 'zstd') =>
    packLayer(() => SMALL_TREE, { name, compression, mtime: 0, cache });
  const layers = [await layerOf('base', 'zstd'), await layerOf('server', 'gzip'), await layerOf('model', 'none')];
  const image = composeImage({ platform: 'linux/amd64', layers, config: CONFIG, created: 0 });
  return { image, layers, bench: { cache, progress: SILENT } as unknown as Workbench };
}

describe('a context for an engine', () => {
  it('has the layers in forms that any engine unpacks, and both Dockerfiles', async () => {
    await withFolder(async (folder) => {
      const { image, layers, bench } = await imageIn(folder);
      const target = join(folder, 'context');
      for (const _ of ['written', 'written again']) await writeDockerContext(image, target, bench);
      const names = ['Dockerfile', 'Dockerfile.base', 'base.tar', 'model.tar', 'server.tar.gz'];
      assert.deepEqual((await readdir(target)).sort(), names);
      assert.equal(digestOf(await readFile(join(target, 'base.tar'))), layers[0]?.diffId);
      assert.equal(digestOf(await readFile(join(target, 'server.tar.gz'))), layers[1]?.digest);
      assert.match(await readFile(join(target, 'Dockerfile'), 'utf8'), /^ADD base\.tar \/\nADD server\.tar\.gz \/$/m);
    });
  });

  it('is not written among other files', async () => {
    await withFolder(async (folder) => {
      const { image, bench } = await imageIn(folder);
      await writeFile(join(folder, 'thesis.txt'), 'mine');
      await assert.rejects(writeDockerContext(image, folder, bench), isFailure('output/not-a-context'));
    });
  });
});
