import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageCommand } from '../../src/commands/package.ts';
import { parseReference } from '../../src/nouns/reference.ts';
import { type FakeRegistry, startFakeRegistry } from '../container/registry/fake-registry.ts';
import { isFailure } from '../container/registry/support.ts';
import { openSmallWorld, RUNTIME, type SmallWorld } from '../support/small-world.ts';

const BUNDLE = fileURLToPath(new URL('../../dist/templates/server/server.mjs', import.meta.url));

describe('plimsoll package --push', function () {
  this.timeout(60_000);
  let world: SmallWorld;
  let fake: FakeRegistry;

  before(async function () {
    if (!existsSync(BUNDLE) || RUNTIME === undefined) this.skip();
    world = await openSmallWorld();
    fake = await startFakeRegistry();
  });
  after(async () => {
    await world?.close();
    await fake?.close();
  });

  it('puts the image there, writes no layout, and prints a reference that leads to it', async () => {
    const folder = await world.project('pushed');
    const door = world.door();
    assert.equal(await packageCommand.run(folder, { push: `${fake.name}/team/m:1` }, door), 0);
    const { digest, ...named } = parseReference(door.printed.at(-1) ?? '');
    assert.deepEqual(named, parseReference(`${fake.name}/team/m:1`));
    const { manifests } = fake.repositories.get('team/m') ?? {};
    assert.deepEqual(manifests?.get('1'), manifests?.get(digest ?? ''));
    assert.ok(!existsSync(join(folder, 'image')));
  });

  it('refuses what is no reference before it does anything', async () => {
    const door = world.door();
    await assert.rejects(
      packageCommand.run('nowhere', { push: 'team/m' }, door),
      isFailure('reference/malformed', /names no registry/),
    );
  });
});
