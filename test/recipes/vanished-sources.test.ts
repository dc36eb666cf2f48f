import assert from 'node:assert/strict';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type PackageOptions, packageModel } from '../../src/commands/package.ts';
import { openArchive } from '../../src/container/held/open-archive.ts';
import { hexOf } from '../../src/nouns/digest.ts';
import { Failure } from '../../src/nouns/failure.ts';
import { startServer } from '../container/sources/fakes.ts';
import { type BenchOptions, openSmallWorld, RUNTIME, type SmallWorld } from '../support/small-world.ts';

const BUNDLE = fileURLToPath(new URL('../../dist/templates/server/server.mjs', import.meta.url));

/** What becomes of the places that packages came from. */
const FATES: Readonly<Record<string, (response: ServerResponse) => void>> = {
  'answers 404 to everything': (response) => response.writeHead(404).end('gone'),
  'gives other bytes under the same names': (response) => response.end('a page for a domain that is for sale'),
  'hangs up': (response) => response.destroy(),
  'takes requests and never answers': () => {},
};

describe('A package whose sources have vanished', function () {
  this.timeout(60_000);
  let world: SmallWorld;
  let project: string;
  let digest: string;
  const out = { layout: '', oci: '', docker: '' };

  before(async function () {
    if (!existsSync(BUNDLE) || RUNTIME === undefined) this.skip();
    world = await openSmallWorld();
    project = await world.project('vanished');
    out.layout = join(world.folder, 'out', 'layout');
    out.oci = join(world.folder, 'out', 'oci.tar');
    out.docker = join(world.folder, 'out', 'docker.tar');
    await mkdir(join(world.folder, 'out'));
    const sinks: PackageOptions['sinks'] = [
      { kind: 'oci', path: out.layout },
      { kind: 'oci-archive', path: out.oci },
      { kind: 'docker-archive', path: out.docker },
    ];
    digest = (await build({ sinks })).digest;
  });
  after(async () => world?.close());

  const build = async (options: PackageOptions, more: BenchOptions = {}) => {
    const bench = await world.bench(more);
    try {
      const packaged = await packageModel(project, options, bench);
      assert.ok('index' in packaged, JSON.stringify(packaged.findings));
      return { digest: packaged.index.digest, lines: bench.lines };
    } finally {
      await bench.close();
    }
  };

  /** Builds with nothing in the cache but the runtime, every server being one that answers so. */
  const buildWithout = async (answer: (response: ServerResponse) => void, images: readonly string[]) => {
    const server = await startServer((_, response) => answer(response));
    const config = await readFile(join(project, 'plimsoll.yaml'), 'utf8');
    const cache = join(world.folder, 'caches', 'vanished');
    await rm(cache, { recursive: true, force: true });
    await world.cacheWithRuntime('vanished');
    try {
      await writeFile(join(project, 'plimsoll.yaml'), `${config}sources: { images: ${JSON.stringify(images)} }\n`);
      const env = {
        PLIMSOLL_CACHE: cache,
        npm_config_registry: server.url,
        PLIMSOLL_DEBIAN_MIRROR: `${server.url}/debian`,
      };
      const built = await build(
        { frozen: true, sinks: [{ kind: 'oci', path: join(world.folder, 'out', 'again') }] },
        { env, http: { stallTimeoutMs: 50, retries: 1, pauseMs: 1 } },
      );
      return { ...built, requests: server.requests };
    } finally {
      await rm(join(world.folder, 'out', 'again'), { recursive: true, force: true });
      await writeFile(join(project, 'plimsoll.yaml'), config);
      await server.close();
    }
  };

  for (const [fate, answer] of Object.entries(FATES)) {
    it(`is built to the same digest from a layout alone when the mirror ${fate}, and asks no server`, async () => {
      const again = await buildWithout(answer, [`oci:${out.layout}`]);
      assert.equal(again.digest, digest);
      assert.deepEqual(again.requests, []);
    });

    it(`is built to the same digest from a registry alone when the mirror ${fate}`, async () => {
      const registry = await serveLayout(out.layout);
      try {
        const reference = `${new URL(registry.url).host}/team/small@${digest}`;
        const again = await buildWithout(answer, [reference]);
        assert.equal(again.digest, digest);
        assert.ok(again.lines.some((line) => line.startsWith('base for linux/amd64 is taken from an image')));
      } finally {
        await registry.close();
      }
    });
  }

  it('is built from archives, whose layers an engine may have stored without compression', async () => {
    const gone = FATES['answers 404 to everything'] as (response: ServerResponse) => void;
    for (const image of [`oci-archive:${out.oci}`, `docker-archive:${out.docker}`]) {
      assert.equal((await buildWithout(gone, [image])).digest, digest, image);
    }
    const plain = join(world.folder, 'out', 'plain.tar');
    await writeFile(plain, await withoutCompression(out.docker, world));
    assert.equal((await buildWithout(gone, [`docker-archive:${plain}`])).digest, digest);
  });

  it('fails with the first cause where no image has the layers, whole and right', async () => {
    const gone = FATES['answers 404 to everything'] as (response: ServerResponse) => void;
    const broken = join(world.folder, 'out', 'broken');
    await mkdir(broken);
    const refused = (images: readonly string[]) =>
      assert.rejects(
        buildWithout(gone, images),
        (error: unknown) => error instanceof Failure && error.code === 'network/not-found',
      );
    await refused([]);
    await refused([`oci:${broken}`, 'oci:nowhere', `oci-archive:${join(project, 'model.onnx')}`]);
  });
});

/** A registry that holds what a layout does, under any name. */
function serveLayout(folder: string) {
  return startServer((request, response) => {
    const hex = /sha256:([0-9a-f]{64})$/.exec(request.url ?? '')?.[1];
    if (request.url === '/v2/') return response.end('{}');
    const path = join(folder, 'blobs', 'sha256', hex ?? 'none');
    if (!existsSync(path)) return response.writeHead(404).end();
    return createReadStream(path).pipe(response);
  });
}

/** The archive as `docker save` of an engine that keeps layers unpacked. */
async function withoutCompression(archive: string, world: SmallWorld): Promise<Uint8Array> {
  const { tarOf } = await import('../container/sources/fakes.ts');
  const { unpackBlob } = await import('../../src/container/held/unpack-blob.ts');
  const bench = await world.bench();
  const image = await openArchive(archive, { name: 'the archive', cache: bench.cache });
  try {
    const [held] = image.images;
    assert.ok(held);
    const layers = await Promise.all(
      held.layers.map(async (layer) => {
        const chunks: Uint8Array[] = [];
        for await (const chunk of unpackBlob(await layer.fetch(), 'a layer')) chunks.push(chunk);
        return { path: `${hexOf(layer.diffId)}/layer.tar`, text: Buffer.concat(chunks) };
      }),
    );
    const config = { path: `${hexOf(held.config.digest)}.json`, text: held.config.bytes };
    const manifest = JSON.stringify([{ Config: config.path, Layers: layers.map(({ path }) => path), RepoTags: [] }]);
    return await tarOf([config, ...layers, { path: 'manifest.json', text: manifest }]);
  } finally {
    await image.close();
    await bench.close();
  }
}
