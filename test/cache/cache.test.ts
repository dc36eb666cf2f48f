import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { openCache } from '../../src/cache/cache.ts';
import { removeAbandoned } from '../../src/cache/temporary.ts';
import { type Digest, digestOf } from '../../src/nouns/digest.ts';
import { Failure } from '../../src/nouns/failure.ts';

const HELLO = new TextEncoder().encode('hello');

async function* streamOf(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield chunk;
}

/** Changes one bit in the middle of a file, as a bad disk would. */
async function flipBit(path: string): Promise<void> {
  const bytes = await readFile(path);
  const middle = bytes.length >> 1;
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

describe('the cache', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-cache-'));
  });
  afterEach(async () => rm(folder, { recursive: true, force: true }));

  const leftovers = async (): Promise<string[]> => readdir(join(folder, 'v1', 'temporary'));

  it('gives content back by its digest', async () => {
    const cache = await openCache({ folder });
    const blob = await cache.put(streamOf(HELLO.subarray(0, 2), HELLO.subarray(2)));
    assert.equal(blob.digest, digestOf(HELLO));
    assert.equal(blob.bytes, 5);
    const path = await cache.find(blob.digest);
    assert.equal(path, cache.pathOf(blob.digest));
    assert.deepEqual(new Uint8Array(await readFile(path ?? '')), HELLO);
    assert.equal(await cache.has(blob.digest), true);
    assert.equal(await cache.find(digestOf('something else')), undefined);
  });

  it('keeps nothing of content that has another digest than was wanted, is too long, or breaks off', async () => {
    const cache = await openCache({ folder });
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield HELLO;
      throw new Error('the line went dead');
    }
    const rows: [AsyncIterable<Uint8Array>, object, RegExp][] = [
      [
        streamOf(HELLO),
        { expected: digestOf('other'), what: 'libc6 2.41' },
        /libc6 2\.41: found the digest sha256:2cf2.*wanted sha256:/,
      ],
      [streamOf(HELLO, HELLO), { maxBytes: 9 }, /longer than the 9 B/],
      [broken(), {}, /the line went dead/],
    ];
    for (const [source, options, message] of rows) await assert.rejects(cache.put(source, options), message);
    assert.deepEqual(await readdir(join(folder, 'v1', 'blobs', 'sha256')), []);
    assert.deepEqual(await leftovers(), []);
  });

  it('leaves a fault of the source to its owner', async () => {
    const cache = await openCache({ folder });
    const denied = Object.assign(new Error('the model cannot be read'), { code: 'EACCES' });
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield HELLO;
      throw denied;
    }
    await assert.rejects(cache.put(broken()), (error) => error === denied);
  });

  it('finds a flipped bit when a process first asks, drops the entry and says so', async () => {
    const { digest, path } = await (await openCache({ folder })).put(streamOf(HELLO));
    await flipBit(path);
    const lines: string[] = [];
    const later = await openCache({ folder, onCorrupt: (line) => lines.push(line) });
    assert.equal(await later.find(digest), undefined);
    assert.equal(await later.has(digest), false);
    assert.equal(lines.length, 1);
    assert.equal((await later.put(streamOf(HELLO))).digest, digest);
    assert.notEqual(await later.find(digest), undefined);
  });

  it('takes the same content from many writers at once', async () => {
    const caches = await Promise.all([1, 2, 3, 4].map(() => openCache({ folder })));
    const bytes = new Uint8Array(300_000).fill(7);
    const blobs = await Promise.all(
      caches.flatMap((cache) => [cache.put(streamOf(bytes)), cache.put(streamOf(bytes))]),
    );
    assert.deepEqual(new Set(blobs.map((blob) => blob.digest)), new Set<Digest>([digestOf(bytes)]));
    assert.notEqual(await (await openCache({ folder })).find(digestOf(bytes)), undefined);
    assert.deepEqual(await leftovers(), []);
  });

  it('remembers facts, and forgets one whose file was damaged', async () => {
    const cache = await openCache({ folder });
    await cache.remember('a key', { list: [1, 'zwei', null] });
    assert.deepEqual(await cache.recall('a key'), { list: [1, 'zwei', null] });
    assert.equal(await cache.recall('another key'), undefined);
    const [name] = await readdir(join(folder, 'v1', 'facts'));
    await flipBit(join(folder, 'v1', 'facts', name ?? ''));
    assert.equal(await cache.recall('a key'), undefined);
  });

  it('makes a derived folder once, and again when a bit of it has flipped', async () => {
    let made = 0;
    const make = async (place: string): Promise<void> => {
      made += 1;
      await mkdir(join(place, 'sub'));
      await writeFile(join(place, 'sub', 'file'), HELLO);
    };
    const first = await (await openCache({ folder })).folder('key', make);
    assert.equal(await (await openCache({ folder })).folder('key', make), first);
    assert.equal(made, 1);
    await flipBit(join(first, 'sub', 'file'));
    assert.equal(await (await openCache({ folder })).folder('key', make, { check: 'sizes' }), first);
    assert.equal(made, 1);
    assert.equal(await (await openCache({ folder })).folder('key', make), first);
    assert.equal(made, 2);
    await rm(join(first, 'sub', 'file'));
    await (await openCache({ folder })).folder('key', make, { check: 'sizes' });
    assert.equal(made, 3);
    assert.deepEqual(await leftovers(), []);
  });

  it('leaves nothing of a derived folder whose making failed, and tries again', async () => {
    const cache = await openCache({ folder });
    const fail = async (place: string): Promise<void> => {
      await writeFile(join(place, 'half'), HELLO);
      throw new Error('no');
    };
    await assert.rejects(cache.folder('key', fail), /^Error: no$/);
    assert.deepEqual(await leftovers(), []);
    const place = await cache.folder('key', (made) => writeFile(join(made, 'whole'), HELLO));
    assert.deepEqual(await readdir(place), ['whole']);
  });

  describe('with a key that is still being worked out', () => {
    const write = (text: string) => async (target: string) => writeFile(join(target, 'file'), text);
    const late = () => {
      let tell: (key: string) => void = () => {};
      let fail: (error: Error) => void = () => {};
      const key = new Promise<string>((resolve, reject) => {
        tell = resolve;
        fail = reject;
      });
      return { key, tell, fail };
    };

    it('makes a derived folder meanwhile, and finds it by that key', async () => {
      const cache = await openCache({ folder });
      const { key, tell } = late();
      const made = cache.folder(key, async (target) => {
        await write('new')(target);
        tell('key');
      });
      assert.equal(await readFile(join(await made, 'file'), 'utf8'), 'new');
      assert.equal(await (await openCache({ folder })).findFolder('key'), await made);
      assert.deepEqual(await leftovers(), []);
    });

    it('stops, and throws away what it has made, where there is such a folder already', async () => {
      const before = await (await openCache({ folder })).folder('key', write('old'));
      const { key, tell } = late();
      let stopped = false;
      const found = await (await openCache({ folder })).folder(key, async (target, _known, signal) => {
        await write('new')(target);
        tell('key');
        await once(signal, 'abort');
        stopped = true;
        signal.throwIfAborted();
      });
      assert.deepEqual([found, stopped], [before, true]);
      assert.equal(await readFile(join(found, 'file'), 'utf8'), 'old');
      assert.deepEqual(await leftovers(), []);
    });

    it('leaves nothing where there is no such key', async () => {
      const cache = await openCache({ folder });
      const { key, fail } = late();
      const make = async (target: string) => {
        await write('new')(target);
        fail(new Error('the model is gone'));
      };
      await assert.rejects(cache.folder(key, make), /the model is gone/);
      assert.deepEqual(await leftovers(), []);
    });
  });

  it('lets two processes make the same folder at once', async () => {
    const make = async (place: string): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      await writeFile(join(place, 'file'), HELLO);
    };
    const caches = await Promise.all([1, 2, 3].map(() => openCache({ folder })));
    const places = await Promise.all(caches.map((cache) => cache.folder('key', make)));
    assert.equal(new Set(places).size, 1);
    assert.deepEqual(await readdir(places[0] ?? ''), ['file']);
    assert.deepEqual(await leftovers(), []);
  });

  it('removes what a killed process left behind, and not what a living one is writing', async () => {
    const module = new URL('../../src/cache/cache.ts', import.meta.url).href;
    const script = `
      const { openCache } = await import(${JSON.stringify(module)});
      const cache = await openCache({ folder: ${JSON.stringify(folder)} });
      await cache.put((async function* () { yield new Uint8Array(10); console.log('writing'); await new Promise((r) => setTimeout(r, 60000)); })());
    `;
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: new URL('../..', import.meta.url).pathname,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(child.stdout, 'data');
      await openCache({ folder });
      assert.equal((await leftovers()).length, 1);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await openCache({ folder });
    assert.deepEqual(await leftovers(), []);
  });

  it('removes what another machine left behind only after a day', async () => {
    await openCache({ folder });
    const old = join(folder, 'v1', 'temporary', `${'0'.repeat(12)}-1-ab`);
    await writeFile(old, hostname());
    await openCache({ folder });
    assert.equal((await leftovers()).length, 1);
    const twoDaysAgo = new Date(Date.now() - 48 * 3600 * 1000);
    await utimes(old, twoDaysAgo, twoDaysAgo);
    await openCache({ folder });
    assert.deepEqual(await leftovers(), []);
  });

  it('removes nothing of a living process, however far ahead the clock of another is', async () => {
    const cache = await openCache({ folder });
    await mkdir(cache.scratch());
    await removeAbandoned(join(folder, 'v1', 'temporary'), Date.now() + 365 * 24 * 3600 * 1000);
    assert.equal((await leftovers()).length, 1);
  });

  it('lends fresh paths on its own file system, and clears up after those who were killed', async () => {
    const cache = await openCache({ folder });
    const paths = [cache.scratch(), cache.scratch()];
    assert.equal(new Set(paths).size, 2);
    for (const path of paths) await mkdir(path);
    assert.equal((await leftovers()).length, 2);
    const dead = join(folder, 'v1', 'temporary', basename(paths[0] ?? '').replace(/-\d+-/, '-4194304-'));
    await rename(paths[0] ?? '', dead);
    await openCache({ folder });
    assert.deepEqual(await leftovers(), [basename(paths[1] ?? '')]);
  });

  it('is made with the folders above it, and does not try for ever where none can be made', async () => {
    await openCache({ folder: join(folder, 'a', 'b', 'c') });
    if (process.platform !== 'linux') return;
    await assert.rejects(openCache({ folder: '/proc/plimsoll/cache' }), (error) => {
      return error instanceof Failure && error.code === 'cache/no-folder';
    });
  });

  it('names the variable to set when the folder cannot be one', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await assert.rejects(openCache({ folder: join(file, 'cache') }), (error) => {
      assert.ok(error instanceof Failure);
      assert.equal(error.code, 'cache/not-a-folder');
      assert.match(error.mend, /PLIMSOLL_CACHE/);
      return true;
    });
  });
});
