import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cache, openCache } from '../../../src/cache/cache.ts';
import { baseTree, baseTreeKey } from '../../../src/container/sources/base-tree.ts';
import { resolveInTree } from '../../../src/container/sources/complete-tree.ts';
import type { Entry, Tree } from '../../../src/container/tree.ts';
import { digestOf } from '../../../src/nouns/digest.ts';
import { Failure } from '../../../src/nouns/failure.ts';
import type { LockedDebianPackage } from '../../../src/nouns/lock.ts';
import { basePackages, type FakePackage } from './debian/fake-mirror.ts';
import { debOf, type TarFile } from './fakes.ts';

const PLATFORM = 'linux/amd64';
const WANTED = basePackages().filter(
  ({ name, archive }) => !['bash', 'gcc-13-base'].includes(name) && archive === undefined,
);

/** Bytes of an entry as text. */
async function textOf(entry: Entry | undefined): Promise<string> {
  assert.equal(entry?.kind, 'file');
  if (entry?.kind !== 'file') return '';
  return entry.content.kind === 'bytes'
    ? Buffer.from(entry.content.bytes).toString()
    : readFile(entry.content.path, 'utf8');
}

describe('the base of an image', () => {
  let folder: string;
  let cache: Cache;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-base-'));
    cache = await openCache({ folder: join(folder, 'cache') });
  });
  afterEach(async () => rm(folder, { recursive: true, force: true }));

  const lock = async (items: readonly FakePackage[]): Promise<LockedDebianPackage[]> =>
    Promise.all(
      items.map(async ({ name, version, architecture = 'amd64', files = [] }) => {
        const control = `Package: ${name}\nVersion: ${version}\nArchitecture: ${architecture}\n`;
        const md5sums = files
          .flatMap((file) => ('text' in file ? [`${'0'.repeat(32)}  ${file.path.slice(2)}\n`] : []))
          .join('');
        const deb = await debOf({ control, md5sums, files });
        await writeFile(join(folder, `${name}.deb`), deb);
        return {
          name,
          version,
          architecture,
          archive: 'main',
          path: `pool/${name}.deb`,
          bytes: deb.byteLength,
          digest: digestOf(deb),
        };
      }),
    );
  const fetch = async ({ name }: LockedDebianPackage): Promise<string> => join(folder, `${name}.deb`);
  const build = async (
    items: readonly FakePackage[] = WANTED,
    locales: readonly string[] = ['en_US.UTF-8'],
  ): Promise<Tree> => baseTree({ platform: PLATFORM, packages: await lock(items), locales }, { cache, fetch });
  const at = (tree: Tree, path: string): Entry | undefined => tree.find((entry) => entry.path === path);

  it('holds each path once, after its parent, in the order of bytes, and nothing below a link', async () => {
    const tree = await build();
    const paths = tree.map(({ path }) => path);
    assert.deepEqual(
      paths,
      [...new Set(paths)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    );
    for (const path of paths) {
      const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
      if (parent !== '') assert.equal(at(tree, parent)?.kind, 'directory', path);
    }
  });

  it('can start programs, by the links that make /usr the place of everything', async () => {
    const tree = await build();
    assert.equal(
      resolveInTree(tree, '/lib64/ld-linux-x86-64.so.2')?.path,
      'usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2',
    );
    assert.deepEqual(at(tree, 'lib'), { kind: 'symlink', path: 'lib', target: 'usr/lib' });
    assert.equal(resolveInTree(tree, '/etc/os-release')?.path, 'usr/lib/os-release');
  });

  it('has no program, no set-user-id bit, and only /tmp for all to write to', async () => {
    const tree = await build([...WANTED, ...basePackages().filter(({ name }) => name === 'bash')]);
    for (const entry of tree) {
      if (entry.kind === 'file') assert.ok(entry.mode === 0o644 || entry.mode === 0o755, entry.path);
      if (entry.kind === 'directory') assert.equal(entry.mode, entry.path === 'tmp' ? 0o1777 : 0o755, entry.path);
      assert.doesNotMatch(entry.path, /(^|\/)s?bin\//);
      assert.doesNotMatch(entry.path, /gconv|changelog/);
    }
  });

  it('has the certificates in one file, in the order of their names', async () => {
    const tree = await build();
    assert.equal(await textOf(at(tree, 'etc/ssl/certs/ca-certificates.crt')), 'certificate A\ncertificate B\n');
    assert.ok(!tree.some(({ path }) => path.startsWith('usr/share/ca-certificates')));
  });

  it('has accounts for root and for the user that images run as', async () => {
    const tree = await build();
    assert.match(await textOf(at(tree, 'etc/passwd')), /^nonroot:x:65532:65532:nonroot:\/:\/usr\/sbin\/nologin$/m);
    assert.match(await textOf(at(tree, 'etc/group')), /^nonroot:x:65532:$/m);
    assert.match(await textOf(at(tree, 'etc/nsswitch.conf')), /^hosts: files dns$/m);
  });

  it('tells scanners each package, with the sums of the files that are there', async () => {
    const tree = await build();
    for (const { name, version } of WANTED) {
      assert.match(
        await textOf(at(tree, `var/lib/dpkg/status.d/${name}`)),
        new RegExp(`^Version: ${version.replaceAll('+', '\\+')}$`, 'm'),
      );
      const sums = (await textOf(at(tree, `var/lib/dpkg/status.d/${name}.md5sums`)))
        .split('\n')
        .filter((line) => line !== '');
      for (const line of sums) assert.equal(at(tree, line.slice(34))?.kind, 'file', line);
    }
    assert.match(await textOf(at(tree, 'var/lib/dpkg/status.d/libc6.md5sums')), /libc\.so\.6$/m);
    assert.doesNotMatch(await textOf(at(tree, 'var/lib/dpkg/status.d/libc6.md5sums')), /gconv/);
    assert.equal(await textOf(at(tree, 'usr/share/doc/libc6/copyright')), 'licence of libc6');
    assert.deepEqual(at(tree, 'usr/share/doc/libgcc-s1'), {
      kind: 'symlink',
      path: 'usr/share/doc/libgcc-s1',
      target: 'gcc-14-base',
    });
  });

  it('has C.UTF-8 and the locales that were asked for, whole and as plain files', async () => {
    const tree = await build();
    assert.equal(await textOf(at(tree, 'usr/lib/locale/C.utf8/LC_CTYPE')), 'C');
    assert.equal(await textOf(at(tree, 'usr/lib/locale/en_US.utf8/LC_CTYPE')), 'letters');
    assert.equal(await textOf(at(tree, 'usr/lib/locale/en_US.utf8/LC_TIME')), 'time');
    assert.equal(await textOf(at(tree, 'usr/lib/locale/en_US.utf8/LC_MESSAGES/SYS_LC_MESSAGES')), 'yes');
    assert.ok(!tree.some(({ path }) => /locale\/(de_DE|aa_DJ|en_AG)/.test(path)));
  });

  it('keeps links within it, drops those that lead nowhere, and copies what hard links share', async () => {
    const tree = await build();
    assert.equal(at(tree, 'usr/share/zoneinfo/UTC')?.kind, 'symlink');
    assert.equal(at(tree, 'usr/share/zoneinfo/localtime'), undefined);
    assert.equal(await textOf(at(tree, 'usr/lib/x86_64-linux-gnu/libstdc++-copy.so')), 'libstdc++');
  });

  it('is the same whatever the order of packages, and is unpacked only once', async () => {
    const packages = await lock(WANTED);
    const base = { platform: PLATFORM, packages, locales: ['en_US.UTF-8', 'C.UTF-8'] } as const;
    const turned = {
      platform: PLATFORM,
      packages: [...packages].reverse(),
      locales: ['C.UTF-8', 'en_US.UTF-8'],
    } as const;
    assert.equal(baseTreeKey(base), baseTreeKey(turned));
    const first = await baseTree(base, { cache, fetch });
    const other = await openCache({ folder: join(folder, 'other') });
    assert.deepEqual(await baseTree(turned, { cache: other, fetch }), first);
    const refuse = async (): Promise<never> => assert.fail('fetched again');
    const later = await openCache({ folder: join(folder, 'cache') });
    assert.deepEqual(await baseTree(turned, { cache: later, fetch: refuse }), first);
  });

  const refusals: [title: string, items: readonly FakePackage[], code: string, locales?: readonly string[]][] = [
    ['without a program interpreter', WANTED.filter(({ name }) => name !== 'libc6'), 'debian/no-loader'],
    ['with a locale that does not exist', WANTED, 'debian/no-locale', ['xx_XX.UTF-8']],
    [
      'in which two packages bring one path',
      withFile('netbase', { path: './usr/share/doc/libc6/copyright', text: '' }),
      'sources/clash',
    ],
    [
      'with a path that leads out of it',
      withFile('netbase', { path: '../etc/services', text: '' }),
      'sources/bad-member',
    ],
    ['with a device', withFile('netbase', { path: './dev/null', device: true }), 'sources/bad-member'],
    ['with a file below a link', withFile('netbase', { path: './lib', text: '' }), 'sources/clash'],
  ];
  for (const [title, items, code, locales = []] of refusals) {
    it(`is refused ${title}`, async () => {
      await assert.rejects(build(items, locales), (error) => {
        assert.ok(error instanceof Failure, String(error));
        assert.equal(error.code, code, error.message);
        return true;
      });
    });
  }
});

function withFile(name: string, file: TarFile): readonly FakePackage[] {
  return WANTED.map((item) => (item.name === name ? { ...item, files: [...(item.files ?? []), file] } : item));
}
