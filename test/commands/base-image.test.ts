import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { doctorCommand } from '../../src/commands/doctor.ts';
import { lockModel } from '../../src/commands/lock.ts';
import { type Packaged, type PackageOptions, packageModel } from '../../src/commands/package.ts';
import { rebuildCommand } from '../../src/commands/rebuild.ts';
import { hexOf } from '../../src/nouns/digest.ts';
import { EXIT } from '../../src/nouns/failure.ts';
import { parseReference } from '../../src/nouns/reference.ts';
import { readLock } from '../../src/project/lock-file.ts';
import { writeDockerContext } from '../../src/recipes/write-docker-context.ts';
import { type FakeRegistry, startFakeRegistry } from '../container/registry/fake-registry.ts';
import { HAS_REAL_REGISTRY, startRealRegistry } from '../container/registry/real-registry.ts';
import { isFailure } from '../container/registry/support.ts';
import type { TarFile } from '../container/sources/fakes.ts';
import { layOut, type MadeImage, makeImage, putImage } from '../support/base-image.ts';
import { openSmallWorld, RUNTIME, type SmallWorld } from '../support/small-world.ts';

const BUNDLE = fileURLToPath(new URL('../../dist/templates/server/server.mjs', import.meta.url));
/** A base is tried where an engine is; these are no programs. */
const NO_ENGINE = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };

const LOADER: TarFile = { path: 'lib64/ld-linux-x86-64.so.2', text: 'loader', mode: 0o755 };
const STATUS: TarFile = {
  path: 'var/lib/dpkg/status',
  text: 'Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\nArchitecture: amd64\n',
};
const RELEASE: TarFile = { path: 'etc/os-release', text: 'ID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n' };
const config = { User: 'root', Env: ['TEAM=mine', 'NODE_OPTIONS=x'], Labels: { owner: 'me' }, Entrypoint: ['/bin/sh'] };
const LAYERS: readonly (readonly TarFile[])[] = [
  [LOADER, STATUS, RELEASE, { path: 'etc/secret', text: 'old' }],
  [
    { path: 'etc/.wh.secret', text: '' },
    { path: 'etc/motd', text: 'hello' },
  ],
];

describe('An image as the base', function () {
  this.timeout(60_000);
  let world: SmallWorld;
  let fake: FakeRegistry;
  let base: MadeImage;

  before(async function () {
    if (!existsSync(BUNDLE) || RUNTIME === undefined) this.skip();
    world = await openSmallWorld();
    fake = await startFakeRegistry();
    base = await makeImage({ layers: LAYERS, config });
    await layOut(join(world.folder, 'base'), base);
    await putImage(fake.name, { repository: 'team/base', tag: '1' }, base);
  });
  after(async () => {
    await world?.close();
    await fake?.close();
  });

  const packaged = async (
    folder: string,
    options: PackageOptions = {},
    env: Readonly<Record<string, string>> = {},
  ): Promise<Extract<Packaged, { index: unknown }>> => {
    const bench = await world.bench({ env: { ...NO_ENGINE, ...env } });
    try {
      const made = await packageModel(folder, options, bench);
      assert.ok('index' in made);
      return made;
    } finally {
      await bench.close();
    }
  };

  it('lends its layers as they are, its environment and labels; user and entrypoint are the image’s own', async () => {
    const folder = await world.project('from-layout', 'base: oci:../base\n');
    const { index, lock } = await packaged(folder);
    const [image] = index.images;
    assert.deepEqual(
      image?.layers.map(({ name }) => name),
      ['base-1', 'base-2', 'node', 'onnxruntime', 'server', 'model'],
    );
    assert.deepEqual(
      image?.layers.slice(0, 2).map(({ digest }) => digest),
      base.layers,
    );
    const manifest = JSON.parse(Buffer.from(image?.manifest.bytes ?? []).toString());
    assert.equal(manifest.layers[0].mediaType, 'application/vnd.oci.image.layer.v1.tar+gzip');
    const made = JSON.parse(Buffer.from(image?.config.bytes ?? []).toString()).config;
    assert.ok(made.Env.includes('TEAM=mine'));
    assert.ok(!made.Env.some((pair: string) => pair.startsWith('NODE_OPTIONS')));
    assert.deepEqual([made.User, made.Entrypoint], ['65532:65532', ['/usr/local/bin/node', '/app/server.mjs']]);
    assert.equal(made.Labels.owner, 'me');
    assert.equal(
      made.Labels['org.opencontainers.image.base.digest'],
      lock.base.distribution === 'image' ? lock.base.platforms['linux/amd64']?.manifest : '',
    );
    assert.equal(lock.base.distribution === 'image' && lock.base.digest, base.digest);

    const bill = JSON.parse(await readFile(join(folder, 'image.documents/linux-amd64.spdx.json'), 'utf8'));
    const purls = bill.packages.map(
      (found: { externalRefs: { referenceLocator: string }[] }) => found.externalRefs[0]?.referenceLocator,
    );
    assert.ok(purls.includes('pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12'), purls.join('\n'));
    assert.ok(purls.some((purl: string) => purl.startsWith('pkg:oci/base@sha256')));
  });

  it('is pinned by the digest that a tag led to, also when the tag goes on; --update base moves it, and doctor tells', async () => {
    const folder = await world.project('from-registry', `base: ${fake.name}/team/base:moving\n`);
    await putImage(fake.name, { repository: 'team/base', tag: 'moving' }, base);
    const first = await packaged(folder);
    const next = await makeImage({ layers: [...LAYERS, [{ path: 'etc/new', text: 'x' }]], config });
    await putImage(fake.name, { repository: 'team/base', tag: 'moving' }, next);

    const env = { PLIMSOLL_CACHE: await world.cacheWithRuntime('another-machine') };
    await rm(join(folder, 'image'), { recursive: true });
    const again = await packaged(folder, { frozen: true }, env);
    assert.equal(again.index.digest, first.index.digest);

    const door = world.door({ env: NO_ENGINE });
    await doctorCommand.run(folder, { lock: true }, door);
    assert.ok(
      door.printed.some((line) => /team\/base:moving \(linux\/amd64\) leads to sha256:.* now/.test(line)),
      door.printed.join('\n'),
    );
    assert.ok(door.printed.some((line) => /Debian bookworm has had no security fixes since/.test(line)));

    const bench = await world.bench({ env: NO_ENGINE });
    const updated = await lockModel(folder, { update: 'base' }, bench);
    await bench.close();
    assert.ok('lock' in updated && updated.lock);
    assert.deepEqual(
      updated.lock.layers.platforms['linux/amd64']?.map(({ name }) => name),
      ['base-1', 'base-2', 'base-3', 'node', 'onnxruntime', 'server', 'model'],
    );
    const moved = await packaged(folder, { frozen: true });
    assert.deepEqual(
      moved.index.images[0]?.layers.slice(0, 3).map(({ digest }) => digest),
      next.layers,
    );
  });

  it('is mounted from its own repository by the registry that has it, and not sent', async () => {
    const folder = await world.project('mounted', `base: ${fake.name}/team/base:1\n`);
    const before = fake.requests.length;
    await packaged(folder, { push: parseReference(`${fake.name}/team/model:1`) });
    const mounts = fake.requests.slice(before).filter((line) => /uploads\/\?mount=.*from=team%2Fbase/.test(line));
    assert.equal(mounts.length, base.layers.length);
  });

  it('is what another one took the place of, as the lock sees it', async () => {
    const folder = await world.project('drifting', 'base: oci:../base\n');
    await packaged(folder);
    const config = join(folder, 'plimsoll.yaml');
    await writeFile(config, (await readFile(config, 'utf8')).replace('oci:../base', `${fake.name}/team/base:1`));
    await assert.rejects(packaged(folder, { frozen: true }), isFailure('lock/drift', /base: oci:\.\.\/base → 127/));
    await packaged(folder);
    const lock = await readLock(join(folder, 'plimsoll.lock'));
    assert.equal(lock?.base.distribution === 'image' && lock.base.digest, base.digest);
  });

  it('is rebuilt from the image alone when it is nowhere any more', async () => {
    const gone = await makeImage({ layers: [...LAYERS, [{ path: 'etc/rebuilt', text: 'x' }]], config });
    const place = join(world.folder, 'gone');
    await layOut(place, gone);
    const folder = await world.project('rebuilt', `base: oci:${place}\n`);
    const { index } = await packaged(folder);
    await rm(place, { recursive: true });
    const env = { ...NO_ENGINE, PLIMSOLL_CACHE: await world.cacheWithRuntime('rebuilding') };
    const door = world.door({ env });
    assert.equal(await rebuildCommand.run(`oci:${join(folder, 'image')}`, {}, door), EXIT.passed);
    assert.deepEqual(door.printed, [`small@${index.digest}`]);
    assert.ok(
      door.lines.some((line) => /base-3 for linux\/amd64 is taken from an image that has it/.test(line)),
      door.lines.join('\n'),
    );
  });

  it('gives a Docker context where what one layer removes is not there', async () => {
    const folder = await world.project('context', 'base: oci:../base\n');
    const { index } = await packaged(folder);
    const bench = await world.bench();
    const place = join(world.folder, 'docker');
    assert.ok(index.images[0]);
    await writeDockerContext(index.images[0], place, bench);
    await bench.close();
    assert.deepEqual((await readdir(place)).sort(), [
      'Dockerfile',
      'Dockerfile.base',
      'base.tar',
      'model.tar',
      'node.tar.gz',
      'onnxruntime.tar.gz',
      'server.tar.gz',
    ]);
    const flat = await readFile(join(place, 'base.tar'));
    assert.ok(flat.includes('etc/motd') && !flat.includes('secret'));
    assert.match(await readFile(join(place, 'Dockerfile.base'), 'utf8'), /ADD base\.tar \/\nADD node\.tar\.gz/);
  });

  it('is refused with all reasons, and leaves no lock', async () => {
    const unfit = await makeImage({
      layers: [[STATUS, { path: 'app/x', text: '' }, { path: 'usr/local/bin/node', text: '' }]],
      config,
    });
    await layOut(join(world.folder, 'unfit'), unfit);
    const folder = await world.project('refused', 'base: oci:../unfit\n');
    const before = await readFile(join(folder, 'plimsoll.lock'), 'utf8');
    await assert.rejects(
      packaged(folder),
      isFailure('base/unfit', /files in \/app[\s\S]*file at \/usr\/local\/bin\/node[\s\S]*no program interpreter/),
    );
    assert.equal(await readFile(join(folder, 'plimsoll.lock'), 'utf8'), before);
  });

  it('is refused where it has none for a platform, is no image, or has a blob that is another', async () => {
    const arm = await makeImage({ layers: LAYERS, config, architecture: 'arm64' });
    await layOut(join(world.folder, 'arm'), arm);
    const changed = await makeImage({ layers: [[LOADER, { path: 'etc/changed', text: 'x' }]], config });
    const place = join(world.folder, 'changed');
    await layOut(place, changed);
    await writeFile(join(place, 'blobs/sha256', hexOf(changed.layers[0] as `sha256:${string}`)), 'other');
    for (const [name, code, says] of [
      ['oci:../arm', 'base/unfit', /has none for linux\/amd64.*it has linux\/arm64/],
      ['oci:../nowhere', 'image/unreadable', /cannot be read as an image/],
      ['oci:../changed', 'cache/wrong-digest', /layer 1 of oci:\.\.\/changed/],
    ] as const) {
      const folder = await world.project('wrong', `base: ${name}\n`);
      await assert.rejects(packaged(folder), isFailure(code, says), name);
    }
  });

  it('is taken from a real registry, by tag, and shared by it', async function () {
    if (!HAS_REAL_REGISTRY) this.skip();
    const real = await startRealRegistry();
    try {
      const large = await makeImage({
        layers: [...LAYERS, [{ path: 'opt/large', text: Buffer.alloc(300_000, 'x') }]],
        config,
      });
      await putImage(real.name, { repository: 'base', tag: '1' }, large);
      const folder = await world.project('real', `base: ${real.name}/base:1\n`);
      const { pushed, index } = await packaged(folder, { push: parseReference(`${real.name}/model:1`) });
      const layers = index.images[0]?.layers ?? [];
      const own = layers.slice(3).reduce((total, { size }) => total + size, 0);
      assert.ok((pushed?.uploadedBytes ?? 0) < own + 64_000);
      for (const { digest } of layers) {
        const answer = await fetch(`http://${real.name}/v2/model/blobs/${digest}`, { method: 'HEAD' });
        assert.equal(answer.status, 200, digest);
      }
    } finally {
      await real.close();
    }
  });
});
