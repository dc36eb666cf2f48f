import assert from 'node:assert/strict';
import { isPoolPath, parsePackageIndex } from '../../../../src/container/sources/debian/package-index.ts';
import { parseRelease } from '../../../../src/container/sources/debian/release.ts';
import { Failure } from '../../../../src/nouns/failure.ts';

const HEX = '0'.repeat(63);
const paragraph = (name: string, change: Record<string, string> = {}): string => {
  const fields = {
    Package: name,
    Version: '1:2.0-1',
    Architecture: 'amd64',
    Depends: 'libc6 (>= 2.35)',
    Description: 'ä thing\n of two lines',
    Filename: `pool/main/${name}_2.0-1_amd64.deb`,
    Size: '1000',
    SHA256: `${HEX}1`,
    ...change,
  };
  return Object.entries(fields)
    .map(([field, value]) => `${field}: ${value}\n`)
    .join('');
};

async function* chunksOf(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('a list of packages', () => {
  const read = (text: string, size = 7) =>
    parsePackageIndex(chunksOf(text, size), { what: 'the list', isWanted: (name) => name.startsWith('lib') });

  it('gives the packages that are wanted, however it is cut', async () => {
    const text = [paragraph('bash'), paragraph('libc6'), paragraph('zsh'), paragraph('libm')].join('\n');
    const wanted = {
      version: '1:2.0-1',
      architecture: 'amd64',
      bytes: 1000,
      digest: `sha256:${HEX}1`,
      depends: 'libc6 (>= 2.35)',
    };
    for (const size of [1, 7, 100, 10_000]) {
      assert.deepEqual(await read(text, size), [
        { name: 'libc6', path: 'pool/main/libc6_2.0-1_amd64.deb', ...wanted },
        { name: 'libm', path: 'pool/main/libm_2.0-1_amd64.deb', ...wanted },
      ]);
    }
  });

  for (const change of [
    { Filename: 'pool/../../etc/passwd' },
    { Filename: 'http://evil.test/x.deb' },
    { Size: '-1' },
    { Size: '1e99' },
    { SHA256: 'abc' },
    { Version: '' },
  ]) {
    it(`is refused with ${JSON.stringify(change)}`, async () => {
      await assert.rejects(
        read(paragraph('libc6', change)),
        (error) => error instanceof Failure && error.code === 'debian/bad-index',
      );
    });
  }

  it('is refused when a paragraph has no end', async () => {
    const endless = `Package: libc6\n${'x'.repeat(5 * 2 ** 20)}`;
    await assert.rejects(read(endless, 2 ** 20), /a paragraph has no end/);
  });

  it('takes paths of the pool and no others', () => {
    for (const path of [
      'pool/main/b/base-files/base-files_13.8+deb13u7_amd64.deb',
      'pool/updates/main/libs/libstdc++6_14~1_all.deb',
    ]) {
      assert.ok(isPoolPath(path), path);
    }
    for (const path of [
      'pool/.hidden/x.deb',
      'pool/a/../x.deb',
      '/pool/x.deb',
      'pool/x.tar',
      'pool/x y.deb',
      'pool/%2e%2e/x.deb',
    ]) {
      assert.ok(!isPoolPath(path), path);
    }
  });
});

describe("a suite's index", () => {
  it('is refused without a name or a date', () => {
    for (const text of [
      '',
      'Codename: trixie\n',
      'Date: Sat, 12 Sep 2026 07:55:41 UTC\n',
      'Codename: trixie\nDate: soon\n',
    ]) {
      assert.throws(
        () => parseRelease(text, 'the index'),
        (error) => error instanceof Failure && error.code === 'debian/bad-index',
      );
    }
  });
});
