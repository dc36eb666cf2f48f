import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readProject } from '../../src/project/read-project.ts';
import { cachedPreparation, type Preparation } from '../../src/recipes/cached-preparation.ts';
import { checkProject } from '../../src/recipes/check-project.ts';
import { judgeProject } from '../../src/recipes/judge-project.ts';
import { openSmallWorld, RUNTIME, type SmallWorld } from '../support/small-world.ts';

describe('cachedPreparation', () => {
  let world: SmallWorld;
  before(async function () {
    if (RUNTIME === undefined) this.skip();
    world = await openSmallWorld();
  });
  after(() => world?.close());

  const find = async (folder: string, env: Readonly<Record<string, string>> = {}): Promise<Preparation> => {
    const project = await readProject(folder, folder);
    const question = { project, checked: checkProject(project), example: undefined };
    return cachedPreparation(question, world.door({ env }).machine);
  };

  it('gives the graph that ships once a model was judged, and says what to do before', async () => {
    const folder = await world.project('planned');
    const before = await find(folder);
    assert.equal(before.state, 'absent');
    assert.match(before.state === 'absent' ? before.why : '', /run plimsoll lint without --static once/);
    await judgeProject(folder, world.door());
    const after = await find(folder);
    assert.ok(after.state === 'prepared');
    assert.equal(after.form, 'prepared');
    assert.deepEqual(
      after.model.graph.nodes.map(({ opType }) => opType),
      ['FusedGemm', 'MatMul'],
    );
  });

  it('gives it at other bounds too, for which nothing has run yet', async () => {
    const folder = await world.project('rebound');
    await judgeProject(folder, world.door());
    const configuration = join(folder, 'plimsoll.yaml');
    await writeFile(configuration, (await readFile(configuration, 'utf8')).replace('batch: 4', 'batch: 8'));
    const found = await find(folder);
    assert.ok(found.state === 'prepared');
    assert.equal(found.model.graph.nodes.length, 2);
    assert.ok(found.bytes > 40 * 301 * 4);
  });

  it('takes it for no other model', async () => {
    const folder = await world.project('changed');
    await judgeProject(folder, world.door());
    assert.equal((await find(folder)).state, 'prepared');
    // An unknown field at the end: other bytes, the same model.
    await appendFile(join(folder, 'model.onnx'), Buffer.from([0xa8, 0x3f, 0x01]));
    assert.equal((await find(folder)).state, 'absent');
  });

  it('makes no cache where there is none', async () => {
    const folder = await world.project('without');
    const place = join(world.folder, 'nowhere');
    assert.equal((await find(folder, { PLIMSOLL_CACHE: place })).state, 'absent');
    assert.equal(existsSync(place), false);
  });
});
