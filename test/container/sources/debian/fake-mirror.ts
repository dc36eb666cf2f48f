import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { createCleartextMessage, generateKey, type PrivateKey, sign } from 'openpgp';
import type { PinnedKey } from '../../../../src/container/sources/debian/signature.ts';
import type { Archive } from '../../../../src/container/sources/debian/suites.ts';
import { debOf, type TarFile } from '../fakes.ts';

/** A key like those that sign Debian's archive. */
export interface SigningKey {
  readonly pinned: PinnedKey;
  readonly privateKey: PrivateKey;
}

export async function makeKey(
  options: { readonly date?: Date; readonly expiresInSeconds?: number } = {},
): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKey({
    type: 'curve25519',
    userIDs: [{ name: 'Test archive' }],
    format: 'object',
    ...(options.date && { date: options.date }),
    ...(options.expiresInSeconds && { keyExpirationTime: options.expiresInSeconds }),
  });
  return {
    pinned: {
      fingerprint: publicKey.getFingerprint().toUpperCase(),
      owner: 'Test archive',
      armoured: publicKey.armor(),
    },
    privateKey,
  };
}

/** Signs a text as an archive signs its InRelease file. */
export async function signText(
  text: string,
  { keys, date }: { readonly keys: readonly SigningKey[]; readonly date?: Date },
): Promise<string> {
  return sign({
    message: await createCleartextMessage({ text }),
    signingKeys: keys.map(({ privateKey }) => privateKey),
    ...(date && { date }),
  });
}

export interface FakePackage {
  readonly name: string;
  readonly version: string;
  readonly architecture?: string;
  readonly archive?: Archive;
  readonly depends?: string;
  readonly files?: readonly TarFile[];
}

export interface FakeMirror {
  /** Served files by path: the archive's begin with `/debian/`, those of security updates with `/debian-security/`. */
  readonly files: Map<string, Uint8Array | string>;
  readonly key: SigningKey;
}

const SUITES: Readonly<Record<Archive, { readonly root: string; readonly codename: string }>> = {
  main: { root: '/debian', codename: 'trixie' },
  updates: { root: '/debian', codename: 'trixie-updates' },
  security: { root: '/debian-security', codename: 'trixie-security' },
};

export interface MirrorOptions {
  readonly packages: readonly FakePackage[];
  readonly key: SigningKey;
  readonly date: Date;
  readonly validUntil?: Date;
  /** What the main suite calls itself. */
  readonly codename?: string;
}

/** A mirror of Debian with a few small packages for amd64, signed by a key of the test. */
export async function makeMirror({ packages, key, date, validUntil, codename }: MirrorOptions): Promise<FakeMirror> {
  const files = new Map<string, Uint8Array | string>();
  for (const archive of ['main', 'updates', 'security'] as const) {
    const suite = SUITES[archive];
    const paragraphs: string[] = [];
    for (const item of packages.filter((candidate) => (candidate.archive ?? 'main') === archive)) {
      const { deb, paragraph, path } = await packageFiles(item);
      files.set(`${suite.root}/${path}`, deb);
      paragraphs.push(paragraph);
    }
    const index = gzipSync(paragraphs.join('\n'));
    const name = 'main/binary-amd64/Packages.gz';
    const dists = `${suite.root}/dists/${suite.codename}`;
    files.set(`${dists}/${name}`, index);
    files.set(`${dists}/main/binary-amd64/by-hash/SHA256/${sha256(index)}`, index);
    const release = [
      'Origin: Debian',
      `Codename: ${archive === 'main' ? (codename ?? suite.codename) : suite.codename}`,
      `Date: ${date.toUTCString()}`,
      ...(validUntil ? [`Valid-Until: ${validUntil.toUTCString()}`] : []),
      'SHA256:',
      ` ${sha256(index)} ${index.byteLength} ${name}`,
      '',
    ].join('\n');
    files.set(`${dists}/InRelease`, await signText(release, { keys: [key], date }));
  }
  return { files, key };
}

/** The packages of a base, tiny: a loader, a library, a certificate, and what must not come along. */
export function basePackages(): FakePackage[] {
  const lib = 'usr/lib/x86_64-linux-gnu';
  const doc = (name: string): TarFile => ({ path: `./usr/share/doc/${name}/copyright`, text: `licence of ${name}` });
  return [
    {
      name: 'base-files',
      version: '13',
      files: [
        { path: './', folder: true },
        { path: './etc/', folder: true },
        ...['bin', 'lib', 'lib64', 'sbin'].map((name) => ({ path: `./${name}`, link: `usr/${name}` })),
        { path: './usr/lib/os-release', text: 'ID=debian\n' },
        { path: './etc/os-release', link: '../usr/lib/os-release' },
        { path: './usr/bin/hello', text: '#!/bin/sh\n', mode: 0o755 },
        doc('base-files'),
      ],
    },
    {
      name: 'ca-certificates',
      version: '2026',
      architecture: 'all',
      files: [
        { path: './usr/share/ca-certificates/mozilla/B.crt', text: 'certificate B\n\n' },
        { path: './usr/share/ca-certificates/mozilla/A.crt', text: 'certificate A' },
        { path: './usr/sbin/update-ca-certificates', text: '#!/bin/sh\n', mode: 0o755 },
      ],
    },
    { name: 'gcc-14-base', version: '14.2', files: [doc('gcc-14-base')] },
    { name: 'gcc-13-base', version: '13.3', files: [doc('gcc-13-base')] },
    {
      name: 'libc-bin',
      version: '2.41-12',
      files: [
        { path: './usr/lib/locale/C.utf8/LC_CTYPE', text: 'C' },
        { path: './usr/sbin/ldconfig', text: 'elf', mode: 0o755 },
      ],
    },
    {
      name: 'libc6',
      version: '2.41-12+deb13u1',
      depends: 'libgcc-s1',
      files: [
        { path: `./${lib}/ld-linux-x86-64.so.2`, text: 'loader', mode: 0o755 },
        { path: `./${lib}/libc.so.6`, text: 'libc', mode: 0o4755 },
        { path: `./${lib}/gconv/UTF-16.so`, text: 'converter' },
        { path: './usr/lib64/ld-linux-x86-64.so.2', link: '../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2' },
        { path: './usr/share/doc/libc6/changelog.gz', text: 'news' },
        doc('libc6'),
      ],
    },
    {
      name: 'libgcc-s1',
      version: '14.2',
      depends: 'gcc-14-base (= 14.2), libc6 (>= 2.35)',
      files: [
        { path: `./${lib}/libgcc_s.so.1`, text: 'libgcc' },
        { path: './usr/share/doc/libgcc-s1', link: 'gcc-14-base' },
      ],
    },
    {
      name: 'libstdc++6',
      version: '14.2',
      files: [
        { path: `./${lib}/libstdc++.so.6.0.33`, text: 'libstdc++' },
        { path: `./${lib}/libstdc++.so.6`, link: 'libstdc++.so.6.0.33' },
        { path: `./${lib}/libstdc++-copy.so`, link: `./${lib}/libstdc++.so.6.0.33`, hard: true },
      ],
    },
    {
      name: 'locales-all',
      version: '2.41-12',
      files: [
        { path: './usr/lib/locale/aa_DJ.utf8/LC_CTYPE', text: 'letters' },
        { path: './usr/lib/locale/en_AG/LC_MESSAGES/SYS_LC_MESSAGES', text: 'yes' },
        { path: './usr/lib/locale/en_US.utf8/LC_TIME', text: 'time' },
        { path: './usr/lib/locale/en_US.utf8/LC_CTYPE', link: '../aa_DJ.utf8/LC_CTYPE' },
        {
          path: './usr/lib/locale/en_US.utf8/LC_MESSAGES/SYS_LC_MESSAGES',
          link: '../../en_AG/LC_MESSAGES/SYS_LC_MESSAGES',
        },
        { path: './usr/lib/locale/de_DE.utf8/LC_TIME', text: 'Zeit' },
      ],
    },
    {
      name: 'netbase',
      version: '6.5',
      architecture: 'all',
      files: [{ path: './etc/services', text: 'http 80/tcp\n' }],
    },
    {
      name: 'tzdata',
      version: '2026c-0',
      architecture: 'all',
      files: [
        { path: './usr/share/zoneinfo/Etc/UTC', text: 'TZif' },
        { path: './usr/share/zoneinfo/UTC', link: 'Etc/UTC' },
        { path: './usr/share/zoneinfo/localtime', link: '/etc/localtime' },
      ],
    },
    { name: 'bash', version: '5', files: [{ path: './usr/bin/bash', text: 'shell', mode: 0o4755 }] },
    {
      name: 'tzdata',
      version: '2026f-0+deb13u1',
      architecture: 'all',
      archive: 'updates',
      files: [{ path: './usr/share/zoneinfo/Etc/UTC', text: 'TZif2' }],
    },
    { name: 'ca-certificates', version: '2026~rc1', architecture: 'all', archive: 'security', files: [] },
    { name: 'libc6', version: '2.41-12+deb13u0', archive: 'security', files: [] },
  ];
}

async function packageFiles(item: FakePackage): Promise<{ deb: Uint8Array; path: string; paragraph: string }> {
  const { name, version, architecture = 'amd64', depends, files = [] } = item;
  const control = [
    `Package: ${name}`,
    `Version: ${version}`,
    `Architecture: ${architecture}`,
    ...(depends ? [`Depends: ${depends}`] : []),
    'Description: a small one',
    ' with a second line',
    '',
  ].join('\n');
  const md5sums = files
    .flatMap((file) => ('text' in file ? [`${'0'.repeat(32)}  ${file.path.slice(2)}\n`] : []))
    .join('');
  const deb = await debOf({ control, md5sums, files });
  const path = `pool/main/${name.slice(0, 1)}/${name}/${name}_${version}_${architecture}.deb`;
  return {
    deb,
    path,
    paragraph: `${control}Filename: ${path}\nSize: ${deb.byteLength}\nSHA256: ${sha256(deb)}\n`,
  };
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
