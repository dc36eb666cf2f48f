import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fetchDebianPackage } from '../../../../src/container/sources/debian.ts';
import { digestOf } from '../../../../src/nouns/digest.ts';
import { Failure } from '../../../../src/nouns/failure.ts';
import type { LockedDebianPackage } from '../../../../src/nouns/lock.ts';
import { openSupply, serveFiles, startServer } from '../fakes.ts';

const DEB = Buffer.from('a package that the mirrors have dropped');
const OTHER = Buffer.from('the package of another architecture');
const LOCKED: LockedDebianPackage = {
  name: 'netbase',
  version: '6.4+b1',
  architecture: 'amd64',
  archive: 'main',
  path: 'pool/main/n/netbase/netbase_6.4+b1_amd64.deb',
  bytes: DEB.length,
  digest: digestOf(DEB),
};
const SHA1 = 'b'.repeat(40);
const INDEX = JSON.stringify({
  package: 'netbase',
  result: [
    { architecture: 'arm64', hash: 'a'.repeat(40) },
    { architecture: 'amd64', hash: SHA1 },
  ],
});

const ROWS: readonly { what: string; files: Record<string, Uint8Array | string>; archive: string; of?: 'security' }[] =
  [
    {
      what: 'named by its index of files',
      files: {
        '/mr/binary/netbase/6.4%2Bb1/binfiles': INDEX,
        [`/file/${SHA1}`]: DEB,
        [`/file/${'a'.repeat(40)}`]: OTHER,
      },
      archive: '',
    },
    {
      what: 'at a time that the address names',
      files: { [`/archive/debian/20250801T000000Z/${LOCKED.path}`]: DEB },
      archive: '/archive/debian/20250801T000000Z/',
    },
    {
      what: 'of the security archive, beside that of a time which the address names',
      files: { [`/archive/debian-security/20250801T000000Z/${LOCKED.path}`]: DEB },
      archive: '/archive/debian/20250801T000000Z',
      of: 'security',
    },
    { what: 'laid out as a mirror', files: { [`/debian/${LOCKED.path}`]: DEB }, archive: '/debian' },
  ];

describe('An archive of old packages', () => {
  let supply: Awaited<ReturnType<typeof openSupply>>;

  beforeEach(async () => {
    supply = await openSupply({ retries: 0 });
  });
  afterEach(async () => supply.close());

  const fetchFrom = (archives: readonly string[], locked = LOCKED) =>
    fetchDebianPackage(locked, {
      ...supply,
      archives,
      mirrors: async () => {
        throw new Failure('no mirror is known', { code: 'debian/no-mirror', exit: 2, mend: 'Set one.' });
      },
    });

  for (const { what, files, archive, of } of ROWS) {
    it(`gives what no mirror has: ${what}`, async () => {
      const server = await startServer(serveFiles(new Map(Object.entries(files))));
      try {
        const path = await fetchFrom([`${server.url}${archive}`], { ...LOCKED, archive: of ?? 'main' });
        assert.equal(path, await supply.cache.find(LOCKED.digest));
      } finally {
        await server.close();
      }
    });
  }

  it('gives it from a local copy with folders for times, the right one of them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'plimsoll-snapshot-'));
    try {
      for (const [time, content] of [
        ['20250701T000000Z', 'an older build under the same name, which is no longer'],
        ['20250801T000000Z', DEB],
      ] as const) {
        const place = join(folder, 'archive', 'debian', time, LOCKED.path);
        await mkdir(dirname(place), { recursive: true });
        await writeFile(place, content);
      }
      assert.ok(await fetchFrom([pathToFileURL(folder).href]));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is no help where it has something else, and the failure says what each source had to say', async () => {
    const server = await startServer(
      serveFiles(new Map([[`/debian/${LOCKED.path}`, Buffer.alloc(DEB.length, 'something else')]])),
    );
    try {
      await assert.rejects(fetchFrom([`${server.url}/debian`]), (error: Failure) => {
        assert.match(error.message, /netbase 6\.4\+b1.*and before that no mirror is known/s);
        return true;
      });
      assert.equal(await supply.cache.find(LOCKED.digest), undefined);
    } finally {
      await server.close();
    }
  });
});
