import assert from 'node:assert/strict';
import { bundleProblems } from '../../../src/container/base/bundle-problems.ts';
import { fileOf, type Tree } from '../../../src/container/tree.ts';
import { PLATFORMS } from '../../../src/nouns/platform.ts';
import { buildElf, type ElfFacts } from '../elf/build-elf.ts';
import type { TarFile } from '../sources/fakes.ts';
import { layersOf } from './layers.ts';

const elf = (path: string, facts: ElfFacts): TarFile => ({ path, text: buildElf(facts) });
const GLIBC = ['GLIBC_2.2.5', 'GLIBC_2.28', 'GLIBC_2.36'];
const LOADER = elf('usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2', { provides: GLIBC });
const LINKS: readonly TarFile[] = [
  { path: 'lib', link: 'usr/lib' },
  { path: 'lib64', link: 'usr/lib64' },
  { path: 'usr/lib64/ld-linux-x86-64.so.2', link: '/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2' },
];
const libc = (provides: readonly string[] = GLIBC) =>
  elf('usr/lib/x86_64-linux-gnu/libc.so.6', { needed: ['ld-linux-x86-64.so.2'], provides });
const libstdcxx = (facts: ElfFacts = {}) =>
  elf('usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.33', {
    needed: ['libc.so.6'],
    requires: { 'libc.so.6': ['GLIBC_2.36'] },
    provides: ['GLIBCXX_3.4', 'GLIBCXX_3.4.22'],
    ...facts,
  });
const STDCXX_LINK: TarFile = { path: 'usr/lib/x86_64-linux-gnu/libstdc++.so.6', link: 'libstdc++.so.6.0.33' };
const GOOD: readonly TarFile[] = [LOADER, ...LINKS, libc(), libstdcxx(), STDCXX_LINK];

const RUNTIME = 'app/node_modules/onnxruntime-node/bin';
const BUNDLE: Tree = [
  { kind: 'directory', path: 'usr', mode: 0o755 },
  { kind: 'directory', path: 'usr/local', mode: 0o755 },
  fileOf(
    'usr/local/bin/node',
    buildElf({
      interpreter: PLATFORMS['linux/amd64'].loader,
      needed: ['libstdc++.so.6', 'libc.so.6'],
      requires: { 'libc.so.6': ['GLIBC_2.28'], 'libstdc++.so.6': ['GLIBCXX_3.4.22'] },
    }),
    0o755,
  ),
  fileOf(`${RUNTIME}/binding.node`, buildElf({ needed: ['libonnxruntime.so.1', 'libc.so.6'], runpath: '$ORIGIN/' })),
  fileOf(`${RUNTIME}/libonnxruntime.so.1`, buildElf({ needed: ['libstdc++.so.6'] })),
  fileOf(`${RUNTIME}/libonnxruntime_providers_other.so`, buildElf({ needed: ['libother.so.12'] })),
  fileOf('app/node_modules/onnxruntime-node/package.json', '{}'),
];

interface Row {
  readonly what: string;
  readonly layers: readonly (readonly TarFile[])[];
  readonly locales?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly says: readonly RegExp[];
}

const without = (...paths: readonly string[]) => GOOD.filter(({ path }) => !paths.includes(path));

const ROWS: readonly Row[] = [
  { what: 'nothing against a base that has all', layers: [GOOD], says: [] },
  {
    what: 'a glibc that is too old, and up to where it goes',
    layers: [[...without('usr/lib/x86_64-linux-gnu/libc.so.6'), libc(['GLIBC_2.2.5', 'GLIBC_2.9', 'GLIBC_2.17'])]],
    says: [
      /^usr\/local\/bin\/node needs GLIBC_2\.28 of libc\.so\.6; usr\/lib\/.*libc\.so\.6 has up to GLIBC_2\.17$/,
      /libstdc\+\+\.so\.6\.0\.33 needs GLIBC_2\.36/,
    ],
  },
  {
    what: 'a C++ library that is not there',
    layers: [without(STDCXX_LINK.path)],
    says: [/^usr\/local\/bin\/node needs libstdc\+\+\.so\.6, which is in none of the folders/],
  },
  {
    what: 'a C++ library that an upper layer removes',
    layers: [GOOD, [{ path: 'usr/lib/x86_64-linux-gnu/.wh.libstdc++.so.6.0.33', text: '' }]],
    says: [/needs libstdc\+\+\.so\.6/],
  },
  {
    what: 'a library for another processor',
    layers: [[...without('usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.33'), libstdcxx({ machine: 'arm64' })]],
    says: [/needs libstdc\+\+\.so\.6/],
  },
  {
    what: 'a library that is a text',
    layers: [
      [...without('usr/lib/x86_64-linux-gnu/libc.so.6'), { path: 'usr/lib/x86_64-linux-gnu/libc.so.6', text: 'x' }],
    ],
    says: [/needs libc\.so\.6/],
  },
  {
    what: 'a library that is only found by the linker configuration',
    layers: [
      [
        ...without(STDCXX_LINK.path),
        { path: 'opt/gcc/libstdc++.so.6', link: '/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.33' },
        { path: 'etc/ld.so.conf.d/gcc.conf', text: '# ours\n/opt/gcc\n' },
        { path: 'etc/ld.so.cache', text: 'made of it' },
      ],
    ],
    says: [],
  },
  {
    what: 'a library that is only found by the environment',
    layers: [
      [
        ...without(STDCXX_LINK.path),
        { path: 'opt/libstdc++.so.6', link: '/usr/lib/x86_64-linux-gnu/libstdc++.so.6.0.33' },
      ],
    ],
    environment: { LD_LIBRARY_PATH: '/nowhere:/opt' },
    says: [],
  },
  {
    what: 'no program interpreter',
    layers: [[libc()]],
    says: [/^it has no program interpreter \/lib64\/ld-linux-x86-64\.so\.2$/],
  },
  {
    what: "musl's",
    layers: [[{ path: 'lib/ld-musl-x86_64.so.1', text: 'x' }]],
    says: [/it has that of musl \(\/lib\/ld-musl-x86_64\.so\.1\), and Node and onnxruntime are made for glibc/],
  },
  {
    what: 'files where the server goes',
    layers: [[...GOOD, { path: 'app/main.py', text: '' }]],
    says: [/^it has files in \/app/],
  },
  { what: 'nothing against an empty folder there', layers: [[...GOOD, { path: 'app', folder: true }]], says: [] },
  {
    what: 'a Node of its own in the same place',
    layers: [[...GOOD, { path: 'usr/local/bin/node', text: '' }]],
    says: [/^it has a file at \/usr\/local\/bin\/node, where the image has a file of its own$/],
  },
  {
    what: 'a link where the image has a folder',
    layers: [[...GOOD, { path: 'usr/local', link: '/opt' }]],
    says: [/^it has a symlink at \/usr\/local, where the image has a directory of its own$/],
  },
  {
    what: 'a locale that the model needs and it has not, of those that lie in folders or an archive',
    layers: [
      [
        ...GOOD,
        { path: 'usr/lib/locale/en_US.utf8/LC_CTYPE', text: 'x' },
        { path: 'usr/lib/locale/locale-archive', text: 'header\0de_DE.utf8\0' },
      ],
    ],
    locales: ['en_US.UTF-8', 'de_DE.UTF-8', 'tr_TR.UTF-8'],
    says: [/^it has no locale tr_TR\.UTF-8, which the model needs$/],
  },
];

describe('What is put on a base', () => {
  for (const { what, layers, locales = [], environment = {}, says } of ROWS) {
    it(`finds ${what}`, async () => {
      const base = { name: 'base', layers: await layersOf(...layers) };
      const platform = PLATFORMS['linux/amd64'];
      const problems = await bundleProblems(base, { platform, bundle: BUNDLE, environment, locales });
      assert.equal(problems.length, says.length, problems.join('\n'));
      for (const [index, pattern] of says.entries()) assert.match(problems[index] ?? '', pattern);
    });
  }
});
