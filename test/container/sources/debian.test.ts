import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fetchDebianPackage, type ResolveBase, resolveBase } from '../../../src/container/sources/debian.ts';
import { digestOf } from '../../../src/nouns/digest.ts';
import { Failure } from '../../../src/nouns/failure.ts';
import type { LockedDebianPackage } from '../../../src/nouns/lock.ts';
import {
  basePackages,
  type FakeMirror,
  type MirrorOptions,
  makeKey,
  makeMirror,
  type SigningKey,
} from './debian/fake-mirror.ts';
import { type Answer, type LocalServer, openSupply, serveFiles, startServer } from './fakes.ts';

const NOW = new Date('2026-06-01T00:00:00Z');
const DATE = new Date('2026-05-31T00:00:00Z');

describe('resolving a base from a mirror of Debian', () => {
  let key: SigningKey;
  let mirror: FakeMirror;
  let supply: Awaited<ReturnType<typeof openSupply>>;
  const servers: LocalServer[] = [];

  before(async () => {
    key = await makeKey({ date: new Date('2026-01-01') });
    mirror = await makeMirror({ packages: basePackages(), key, date: DATE });
  });
  beforeEach(async () => {
    supply = await openSupply({ retries: 0, stallTimeoutMs: 200 });
  });
  afterEach(async () => {
    await supply.close();
    for (const server of servers.splice(0)) await server.close();
  });

  const serve = async (answer: Answer): Promise<LocalServer> => {
    const server = await startServer(answer);
    servers.push(server);
    return server;
  };
  const resolve = async (base: string, options: Partial<ResolveBase> = {}): Promise<LockedDebianPackage[]> => {
    const mirrors = { archive: [`${base}/debian`], security: [`${base}/debian-security`] };
    const wanted = {
      platforms: ['linux/amd64'] as const,
      locales: [],
      mirrors,
      now: NOW,
      keys: [key.pinned],
      ...options,
    };
    return (await resolveBase(wanted, supply))['linux/amd64'] ?? [];
  };
  const resolveFrom = async (
    options: Partial<MirrorOptions>,
    resolving: Partial<ResolveBase> = {},
  ): Promise<LockedDebianPackage[]> => {
    const made = await makeMirror({ packages: basePackages(), key, date: DATE, ...options });
    return resolve((await serve(serveFiles(made.files))).url, resolving);
  };

  it('takes the newest version of each package from the release, its updates and its security updates', async () => {
    const { url } = await serve(serveFiles(mirror.files));
    const packages = await resolve(url);
    assert.deepEqual(
      packages.map(({ name, version, archive, architecture }) => `${name} ${version} ${archive} ${architecture}`),
      [
        'base-files 13 main amd64',
        'ca-certificates 2026 main all',
        'gcc-14-base 14.2 main amd64',
        'libc-bin 2.41-12 main amd64',
        'libc6 2.41-12+deb13u1 main amd64',
        'libgcc-s1 14.2 main amd64',
        'libstdc++6 14.2 main amd64',
        'netbase 6.5 main all',
        'tzdata 2026f-0+deb13u1 updates all',
      ],
    );
    for (const locked of packages) assert.doesNotMatch(JSON.stringify(locked), /127\.0\.0\.1|depends/);
  });

  it('takes the package of all locales only when one is asked for that is not always there', async () => {
    const { url } = await serve(serveFiles(mirror.files));
    const names = async (locales: readonly string[]): Promise<string[]> =>
      (await resolve(url, { locales })).map(({ name }) => name);
    assert.ok(!(await names(['C.UTF-8', 'POSIX'])).includes('locales-all'));
    assert.ok((await names(['en_US.UTF-8'])).includes('locales-all'));
  });

  it('works from a folder, and from a mirror that lacks names by digest', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plimsoll-mirror-'));
    try {
      for (const [path, content] of mirror.files) {
        if (path.includes('/by-hash/')) continue;
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), content);
      }
      const packages = await resolve(pathToFileURL(folder).href);
      assert.equal(packages.length, 9);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('does without security updates where its user says so', async () => {
    const { url, requests } = await serve(serveFiles(mirror.files));
    await resolve(url, { mirrors: { archive: [`${url}/debian`], security: [] } });
    assert.ok(!requests.some((request) => request.includes('security')));
  });

  it('goes to the next mirror when one fails', async () => {
    const { url } = await serve(serveFiles(mirror.files));
    const broken = await serve((_, response) => response.writeHead(500).end());
    const mirrors = { archive: [`${broken.url}/debian`, `${url}/debian`], security: [`${url}/debian-security`] };
    assert.equal((await resolve(url, { mirrors })).length, 9);
  });

  const change = (path: RegExp, content: (old: string | Uint8Array) => string | Uint8Array): Answer =>
    serveFiles(new Map([...mirror.files].map(([name, old]) => [name, path.test(name) ? content(old) : old])));
  const refusals: [title: string, run: () => Promise<unknown>, code: string, message: RegExp][] = [
    [
      'an index whose text was changed',
      async () =>
        resolve(
          (await serve(change(/trixie\/InRelease$/, (old) => String(old).replace('Origin: Debian', 'Origin: debian'))))
            .url,
        ),
      'debian/untrusted-index',
      /Debian trixie \(InRelease\)/,
    ],
    [
      'a package list that does not have its digest',
      async () => resolve((await serve(change(/dists\/trixie\/main\/.*/, () => 'x'))).url),
      'cache/wrong-digest',
      /package list of Debian trixie \(amd64\)/,
    ],
    [
      'the index of another suite under this name',
      async () => resolveFrom({ codename: 'bookworm' }),
      'debian/bad-index',
      /found the suite bookworm, wanted trixie/,
    ],
    [
      'an index past its date',
      async () => resolveFrom({ validUntil: new Date('2026-05-31T12:00:00Z') }),
      'debian/expired-index',
      /valid until 2026-05-31T12/,
    ],
    [
      'a mirror without the package',
      async () => resolveFrom({ packages: basePackages().filter(({ name }) => name !== 'netbase') }),
      'debian/no-package',
      /netbase for linux\/amd64/,
    ],
    [
      'an architecture that the mirror lacks',
      async () => resolve((await serve(serveFiles(mirror.files))).url, { platforms: ['linux/arm64'] }),
      'debian/bad-index',
      /arm64/,
    ],
    [
      'a mirror that has nothing',
      async () => resolve((await serve(serveFiles(new Map()))).url),
      'network/not-found',
      /status 404/,
    ],
    ['a mirror that hangs', async () => resolve((await serve(() => {})).url), 'network/timeout', /InRelease/],
    [
      'a signature by an unknown key',
      async () => resolve((await serve(serveFiles(mirror.files))).url, { keys: [(await makeKey()).pinned] }),
      'debian/untrusted-index',
      /Could not find/,
    ],
  ];
  for (const [title, run, code, message] of refusals) {
    it(`refuses ${title}`, async () => {
      await assert.rejects(run(), (error) => {
        assert.ok(error instanceof Failure, String(error));
        assert.equal(error.code, code, error.message);
        assert.match(error.message, message);
        assert.ok(error.exit === 1 || error.exit === 2);
        return true;
      });
    });
  }

  it('takes an index past its date when it is told to', async () => {
    const packages = await resolveFrom({ validUntil: new Date('2026-05-31T12:00:00Z') }, { acceptExpired: true });
    assert.equal(packages.length, 9);
  });

  describe('and fetching a package of a lock', () => {
    let netbase: LockedDebianPackage;

    beforeEach(async () => {
      const { url } = await serve(serveFiles(mirror.files));
      const found = (await resolve(url)).find(({ name }) => name === 'netbase');
      assert.ok(found);
      netbase = found;
    });

    const at = (url: string) => async () => ({ archive: [`${url}/debian`], security: [] });
    const fetchFrom = async (answer: Answer, locked = netbase): Promise<string> => {
      const { url } = await serve(answer);
      return fetchDebianPackage(locked, { mirrors: at(url), archives: [], ...supply });
    };

    it('gives its file, and asks the mirror only once', async () => {
      const { url, requests } = await serve(serveFiles(mirror.files));
      const mirrors = at(url);
      const path = await fetchDebianPackage(netbase, { mirrors, archives: [], ...supply });
      assert.equal(digestOf(await readFile(path)), netbase.digest);
      assert.equal(await fetchDebianPackage(netbase, { mirrors, archives: [], ...supply }), path);
      assert.equal(requests.length, 1);
    });

    it('keeps nothing of one that does not have its digest, and names it', async () => {
      const tampered = change(/netbase/, (old) => Buffer.from(old).fill(0, 100, 101));
      await assert.rejects(fetchFrom(tampered), /netbase 6\.5 \(Debian package, all\): found the digest/);
      assert.equal(await supply.cache.has(netbase.digest), false);
      assert.equal(digestOf(await readFile(await fetchFrom(serveFiles(mirror.files)))), netbase.digest);
    });

    it('names one that has vanished', async () => {
      await assert.rejects(fetchFrom(serveFiles(new Map())), /cannot fetch netbase 6\.5 .*status 404/);
    });

    it('goes nowhere outside the pool, whatever the lock says', async () => {
      for (const path of [
        '../../etc/shadow',
        'pool/../../x.deb',
        '/etc/x.deb',
        'pool/main/x',
        'dists/x.deb',
        'pool//x.deb',
      ]) {
        await assert.rejects(
          fetchFrom(serveFiles(mirror.files), { ...netbase, path }),
          (error) => error instanceof Failure && error.code === 'debian/bad-path',
        );
      }
    });
  });
});
