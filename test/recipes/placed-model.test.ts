import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Packaged, packageModel } from '../../src/commands/package.ts';
import { digestOf } from '../../src/nouns/digest.ts';
import { judgeProject } from '../../src/recipes/judge-project.ts';
import { placedModel } from '../../src/recipes/placed-model.ts';
import { openSmallWorld, RUNTIME, type SmallWorld } from '../support/small-world.ts';

describe('The weights of a model that is packed', function () {
  this.timeout(60_000);
  let world: SmallWorld;
  before(async function () {
    if (RUNTIME === undefined) this.skip();
    world = await openSmallWorld();
  });
  after(() => world?.close());

  type Fit = Extract<Packaged, { readonly verdict: 'pass' }> & { readonly index: { readonly digest: string } };
  const pack = async <T>(
    project: string,
    cache: string,
    use: (fit: Fit, placed: readonly string[]) => Promise<T> | T,
  ) => {
    const bench = await world.bench({ env: { PLIMSOLL_CACHE: cache } });
    try {
      const packaged = await packageModel(project, {}, bench);
      assert.ok(packaged.verdict === 'pass' && 'index' in packaged);
      return await use(packaged as Fit, await placedModel(packaged.assayed, bench));
    } finally {
      await bench.close();
    }
  };
  const settle = async (project: string, queue: number) => {
    const path = join(project, 'plimsoll.yaml');
    const text = (await readFile(path, 'utf8')).replace(/\nserve:.*\n/, '\n');
    await writeFile(path, `${text.trimEnd()}\nserve: { queue: ${queue} }\n`);
  };

  it('lie in the layer alone until somebody runs it, and come out the same there', async () => {
    const project = await world.project('once');
    const cache = await world.cacheWithRuntime('once');
    await pack(project, cache, async ({ assayed }, placed) => {
      assert.deepEqual(
        assayed.places.map((place) => typeof place),
        ['string', 'object'],
      );
      for (const [index, { digest }] of assayed.files.entries())
        assert.equal(digestOf(await readFile(placed[index] ?? '')), digest);
    });
    const folders = join(cache, 'v1', 'folders');
    const holding = (await readdir(folders)).filter((name) => existsSync(join(folders, name, 'content/model.data')));
    assert.equal(holding.length, 1);
  });

  it('make the same image from the cache, with other settings, and where the model was judged first', async () => {
    const project = await world.project('again');
    const [packing, judging] = [await world.cacheWithRuntime('packing'), await world.cacheWithRuntime('judging')];
    const digestAt = async (queue: number, cache: string) => {
      await settle(project, queue);
      return pack(project, cache, ({ index, assayed }) => ({ digest: index.digest, reused: assayed.reused }));
    };
    const first = await digestAt(7, packing);
    const other = await digestAt(8, packing);
    assert.notEqual(first.digest, other.digest);
    assert.deepEqual([first.reused, other.reused], [false, true]);
    await judgeProject(project, world.door({ env: { PLIMSOLL_CACHE: judging } }));
    assert.deepEqual(await digestAt(8, judging), other);
    assert.deepEqual(await digestAt(7, judging), { ...first, reused: true });
  });
});
