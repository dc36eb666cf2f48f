import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cache, openCache } from '../../src/cache/cache.ts';
import { cacheCommand } from '../../src/commands/cache.ts';
import type { Door, Flags } from '../../src/commands/command.ts';
import { thisMachine } from '../../src/commands/this-machine.ts';
import { Failure } from '../../src/nouns/failure.ts';
import { SILENT } from '../../src/nouns/progress.ts';

const DAY_MS = 24 * 3600 * 1000;

describe('plimsoll cache', () => {
  let folder: string;
  let cache: Cache;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-prune-'));
    cache = await openCache({ folder });
  });
  afterEach(async () => rm(folder, { recursive: true }));

  const run = async (action: string, flags: Flags = {}) => {
    const printed: string[] = [];
    const told: string[] = [];
    const door: Door = {
      machine: { ...thisMachine(), env: { PLIMSOLL_CACHE: folder } },
      progress: SILENT,
      print: (line) => void printed.push(line),
      tell: (line) => void told.push(line),
      alert: (line) => void told.push(line),
      verbose: false,
      json: false,
      colour: false,
      signal: new AbortController().signal,
    };
    await cacheCommand.run(action, flags, door);
    return { printed, told };
  };
  const put = async (text: string, days: number) => {
    const { digest, path } = await cache.put(
      (async function* () {
        yield Buffer.from(text);
      })(),
    );
    await age(path, days);
    return digest;
  };
  const age = async (path: string, days: number) => {
    const then = new Date(Date.now() - days * DAY_MS);
    await utimes(path, then, then);
  };

  it('says how much of what it holds', async () => {
    await put('a package', 3);
    await cache.remember('a fact', 1);
    const { printed } = await run('list');
    assert.equal(printed[0], 'packages, layers and files: 1 of 9 B, one unused for 3 days');
    assert.match(printed.at(-1) ?? '', /plimsoll-prune-.*: \d+ B$/);
  });

  it('removes what was not used for long, be it content, a fact or a folder, and keeps the rest', async () => {
    const [old, young] = [await put('old', 40), await put('young', 20)];
    await cache.remember('old', 1);
    for (const name of await readdir(join(folder, 'v1', 'facts'))) await age(join(folder, 'v1', 'facts', name), 40);
    const place = await cache.folder('old', async () => {});
    await age(join(place, '..', 'manifest.json'), 40);
    const { printed } = await run('prune');
    assert.match(printed[0] ?? '', /^removed 3 of .*, kept 1 of 5 B$/);
    assert.deepEqual([await cache.has(old), await cache.has(young)], [false, true]);
    assert.equal(await cache.recall('old'), undefined);
    assert.ok(!existsSync(place));
  });

  it('takes what was found again for used', async () => {
    const digest = await put('old but wanted', 40);
    assert.ok(await cache.find(digest));
    assert.match((await run('prune')).printed[0] ?? '', /^removed 0 /);
    assert.ok(await cache.has(digest));
  });

  it('spares what a running process may have found, even with --all, and what killed ones left is of nobody', async () => {
    const source = `import { openCache } from ${JSON.stringify(new URL('../../src/cache/cache.ts', import.meta.url).href)};
      await openCache({ folder: process.argv[1] });
      console.log('open');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', source, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(child.stdout, 'data');
      const unused = await put('not used since', 1);
      const used = await put('used since', 1);
      assert.ok(await cache.find(used));
      const { told } = await run('prune', { all: true });
      assert.deepEqual(told, ['another process uses the cache; what it may need was spared']);
      assert.deepEqual([await cache.has(unused), await cache.has(used)], [false, true]);
      child.kill('SIGKILL');
      await once(child, 'exit');
      const after = await run('prune', { all: true });
      assert.deepEqual(after.told, []);
      assert.equal(await cache.has(used), false);
    } finally {
      child.kill('SIGKILL');
    }
  }).timeout(20_000);

  it('refuses what it does not know', async () => {
    const isUsage = (error: unknown) => error instanceof Failure && error.exit === 2;
    await assert.rejects(run('clean'), isUsage);
    await assert.rejects(run('prune', { unusedFor: 'long' }), isUsage);
  });
});
