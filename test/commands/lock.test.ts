import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LockOptions, lockCommand, lockModel } from '../../src/commands/lock.ts';
import { packageModel } from '../../src/commands/package.ts';
import { EXIT, Failure } from '../../src/nouns/failure.ts';
import { type Lock, sealLock } from '../../src/nouns/lock.ts';
import { lockChanges } from '../../src/nouns/lock-change.ts';
import { readLock, writeLock } from '../../src/project/lock-file.ts';
import { basePackages, makeKey, makeMirror, type SigningKey } from '../container/sources/debian/fake-mirror.ts';
import { serveFiles, startServer } from '../container/sources/fakes.ts';
import { type BenchOptions, openSmallWorld, RUNTIME, type SmallWorld } from '../support/small-world.ts';

const BUNDLE = fileURLToPath(new URL('../../dist/templates/server/server.mjs', import.meta.url));

function isFailure(code: string, ...parts: readonly RegExp[]): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof Failure, String((error as Error).stack));
    assert.equal(error.code, code, error.message);
    for (const part of parts) assert.match(`${error.message} | ${error.mend}`, part);
    return true;
  };
}

describe('plimsoll lock', function () {
  this.timeout(60_000);
  let world: SmallWorld;

  before(async function () {
    if (!existsSync(BUNDLE) || RUNTIME === undefined) this.skip();
    world = await openSmallWorld();
  });
  after(async () => world?.close());

  const lockOf = async (project: string): Promise<Lock> => {
    const lock = await readLock(join(project, 'plimsoll.lock'));
    assert.ok(lock);
    return lock;
  };
  const run = async (project: string, options: LockOptions = {}, more: BenchOptions = {}) => {
    const bench = await world.bench(more);
    try {
      const locked = await lockModel(project, options, bench);
      assert.equal(locked.verdict, 'pass');
      assert.ok('lock' in locked);
      return { ...locked, moved: lockChanges(locked.before, locked.lock).map(({ what }) => what) };
    } finally {
      await bench.close();
    }
  };
  const packaged = async (project: string) => {
    const bench = await world.bench();
    try {
      const made = await packageModel(project, { frozen: true }, bench);
      assert.ok('index' in made);
      return made.index.digest;
    } finally {
      await bench.close();
    }
  };
  const project = async (name: string) => {
    const place = await world.project(name);
    await run(place);
    return place;
  };
  /** Makes a part of the lock out of date without breaking its seal. */
  const change = async (place: string, parts: Partial<Lock>) => {
    const before = sealLock({ ...(await lockOf(place)), ...parts });
    await writeLock(join(place, 'plimsoll.lock'), before);
    return before;
  };

  it('writes a lock that names every layer of the image, and by which packaging is frozen', async () => {
    const place = await world.project('written');
    const door = world.door();
    assert.equal(await lockCommand.run(place, {}, door), EXIT.passed);
    assert.ok(door.printed.some((line) => /^layer model \(linux\/amd64\): none → sha256:\w{12} \(/.test(line)));
    assert.ok(!existsSync(join(place, 'image')));
    const layers = (await lockOf(place)).layers.platforms['linux/amd64'];
    assert.deepEqual(
      layers?.map(({ name }) => name),
      ['base', 'node', 'onnxruntime', 'server', 'model'],
    );
    await packaged(place);
    const again = world.door();
    assert.equal(await lockCommand.run(place, {}, again), EXIT.passed);
    assert.deepEqual(again.printed, []);
  });

  it('says with --check whether the lock holds, writes nothing, and exits with 3 where it does not', async () => {
    const place = await project('checked');
    await run(place, { check: true });
    await writeFile(
      join(place, 'plimsoll.yaml'),
      `${await readFile(join(place, 'plimsoll.yaml'), 'utf8')}serve: { queue: 9 }\n`,
    );
    const before = await readFile(join(place, 'plimsoll.lock'), 'utf8');
    await assert.rejects(run(place, { check: true }), isFailure('lock/drift', /settings: sha256/, /plan: sha256/));
    assert.equal(await readFile(join(place, 'plimsoll.lock'), 'utf8'), before);
    await rm(join(place, 'plimsoll.lock'));
    await assert.rejects(run(place, { check: true }), isFailure('lock/missing'));
    await assert.rejects(run(place, { update: 'model' }), isFailure('lock/missing', /plimsoll lock/));
  });

  it('moves Node alone, and leaves what else has drifted', async () => {
    const place = await project('node');
    const good = await lockOf(place);
    const server = { ...good.server, version: '0.0.1' };
    const old = await change(place, { node: { ...good.node, version: '1.2.3' }, server });
    const { moved, lock } = await run(place, { update: 'node' });
    assert.deepEqual(moved, []);
    assert.equal(lock.node.version, good.node.version);
    assert.deepEqual(lock, sealLock({ ...old, node: good.node }));
    assert.deepEqual((await run(place, { update: 'node' })).moved, []);
  });

  it('moves the model with its prepared form and its plan alone, by the runtime that is locked', async () => {
    const place = await project('model');
    const good = await lockOf(place);
    const digest = good.server.digest;
    const node = { ...good.node, version: '1.2.3' };
    await change(place, { node, model: { ...good.model, digest }, plan: { bytes: 1, digest }, config: digest });
    await writeFile(
      join(place, 'plimsoll.yaml'),
      `${await readFile(join(place, 'plimsoll.yaml'), 'utf8')}runtime: { onnxruntime: 9.9.9 }\n`,
    );
    const { moved, lock } = await run(place, { update: 'model' });
    assert.deepEqual(moved, ['settings', 'model', 'plan']);
    assert.deepEqual(lock, sealLock({ ...good, node }));
  });

  it('moves everything with all, the assembler included, which nothing else moves', async () => {
    const place = await project('all');
    const good = await lockOf(place);
    await change(place, { assembler: 1 });
    for (const update of ['base', 'node', 'onnxruntime', 'model'] as const) {
      await assert.rejects(
        run(place, { update }),
        isFailure('lock/assembler', /version 1 of the assembler/, /--update all/),
      );
    }
    const { url, close, key } = await signedMirror();
    try {
      const env = { PLIMSOLL_DEBIAN_MIRROR: `${url}/debian` };
      const { moved, lock } = await run(place, { update: 'all' }, { env, archiveKeys: [key.pinned] });
      assert.ok(moved.includes('assembler'));
      assert.equal(lock.assembler, good.assembler);
    } finally {
      await close();
    }
  });

  it('moves the base alone to the newest packages, and prints versions and sizes', async () => {
    const place = await project('base');
    const before = await lockOf(place);
    const { url, close, key } = await signedMirror('99.1');
    try {
      const env = { PLIMSOLL_DEBIAN_MIRROR: `${url}/debian` };
      const { moved, lock } = await run(place, { update: 'base' }, { env, archiveKeys: [key.pinned] });
      const { base, layers, seal, ...rest } = lock;
      const { base: _, layers: oldLayers, seal: __, ...oldRest } = before;
      assert.deepEqual(rest, oldRest);
      assert.ok(moved.some((what) => what === 'netbase (all)'));
      assert.ok(base.distribution === 'debian');
      assert.equal(base.packages['linux/amd64']?.find(({ name }) => name === 'netbase')?.version, '99.1');
      const digests = (of: Lock['layers']) => of.platforms['linux/amd64']?.map(({ digest }) => digest) ?? [];
      assert.notEqual(digests(layers)[0], digests(oldLayers)[0]);
      assert.deepEqual(digests(layers).slice(1), digests(oldLayers).slice(1));
      assert.match(seal, /^sha256:/);
      await packaged(place);
    } finally {
      await close();
    }
  });

  it('refuses what it does not know, and two wishes at once', async () => {
    const place = await project('flags');
    const door = world.door();
    await assert.rejects(lockCommand.run(place, { update: 'nodes' }, door), isFailure('usage/update', /base, node/));
    await assert.rejects(lockCommand.run(place, { update: 'node', check: true }, door), isFailure('usage/update'));
  });

  /** A mirror with a signed index, which the small world lacks, and perhaps a newer netbase. */
  async function signedMirror(netbase?: string) {
    const key: SigningKey = await makeKey({ date: new Date(Date.now() - 86_400_000) });
    const packages = basePackages().map((item) =>
      item.name === 'netbase' && netbase !== undefined ? { ...item, version: netbase, archive: 'main' as const } : item,
    );
    const mirror = await makeMirror({ packages, key, date: new Date(Date.now() - 3_600_000) });
    return { ...(await startServer(serveFiles(mirror.files))), key };
  }
});
