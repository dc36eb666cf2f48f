import assert from 'node:assert/strict';
import { flattenLayers, removesPaths } from '../../../src/container/base/flatten-layers.ts';
import { mergeLayers } from '../../../src/container/base/merge-layers.ts';
import { readBaseFiles } from '../../../src/container/base/read-base-files.ts';
import { readTar } from '../../../src/container/sources/read-tar.ts';
import { digestOf } from '../../../src/nouns/digest.ts';
import { isFailure } from '../registry/support.ts';
import type { TarFile } from '../sources/fakes.ts';
import { layersOf } from './layers.ts';

const file = (path: string, text = path): TarFile => ({ path, text });
const folder = (path: string): TarFile => ({ path, folder: true });
const link = (path: string, target: string): TarFile => ({ path, link: target });

interface Row {
  readonly what: string;
  readonly layers: readonly (readonly TarFile[])[];
  /** What a container sees: content of files, targets of links. */
  readonly sees: Readonly<Record<string, string>>;
}

const ROWS: readonly Row[] = [
  {
    what: 'a file over a file, and what is beside it stays',
    layers: [[file('etc/a', 'old'), file('etc/b')], [file('etc/a', 'new')]],
    sees: { 'etc/a': 'new', 'etc/b': 'etc/b' },
  },
  {
    what: 'a path that an upper layer removes, folders with all in them',
    layers: [
      [file('etc/a'), file('opt/x/y'), file('opt/z')],
      [file('etc/.wh.a', ''), file('opt/.wh.x', '')],
    ],
    sees: { 'opt/z': 'opt/z' },
  },
  {
    what: 'what a layer removes of lower ones, and puts there itself before or after',
    layers: [
      [file('a/old'), file('b/old')],
      [file('a/new'), file('.wh.a', ''), file('.wh.b', ''), file('b/new')],
    ],
    sees: { 'a/new': 'a/new', 'b/new': 'b/new' },
  },
  {
    what: 'a folder that an upper layer empties before it fills it',
    layers: [
      [file('lib/old/deep'), file('lib/other')],
      [file('lib/.wh..wh..opq', ''), file('lib/new')],
    ],
    sees: { 'lib/new': 'lib/new' },
  },
  {
    what: 'a folder that takes the place of a link, and a file that of a folder',
    layers: [
      [link('a', 'b'), file('b/x'), file('c/y')],
      [folder('a'), file('c', 'flat')],
    ],
    sees: { 'b/x': 'b/x', c: 'flat' },
  },
  {
    what: 'what goes through a link of a lower layer, absolute or leading out of the root',
    layers: [
      [folder('usr/lib'), link('lib', 'usr/lib'), link('lib64', '/usr/lib'), link('up', '../../usr')],
      [file('lib/one'), file('lib64/two'), file('up/three')],
    ],
    sees: {
      lib: 'usr/lib',
      lib64: '/usr/lib',
      up: '../../usr',
      'usr/lib/one': 'lib/one',
      'usr/lib/two': 'lib64/two',
      'usr/three': 'up/three',
    },
  },
  {
    what: 'hard links, also where the path that they were made of is gone',
    layers: [
      [file('a', 'shared'), { path: 'b', link: 'a', hard: true }, { path: 'c', link: 'a', hard: true }],
      [file('.wh.a', '')],
    ],
    sees: { b: 'shared', c: 'shared' },
  },
  {
    what: 'names that a storage driver leaves for itself, and devices below dev, as not there',
    layers: [[file('.wh..wh.plnk/1', ''), file('x/.wh..wh.aufs', ''), { path: 'dev/null', device: true }, file('a')]],
    sees: { a: 'a' },
  },
];

describe('The layers of a base', () => {
  const seen = async (row: Row): Promise<Record<string, string>> => {
    const layers = await layersOf(...row.layers);
    const tree = await mergeLayers(layers, 'base');
    const all = [...tree.entries()];
    const files = await readBaseFiles(tree.files(all.map(([path]) => path)), { layers, name: 'base' });
    return Object.fromEntries(
      all.flatMap(([path, node]) => {
        if (node.kind === 'directory') return [];
        return [[path, node.kind === 'symlink' ? node.target : (files.get(path)?.toString() ?? '')]];
      }),
    );
  };

  for (const row of ROWS) {
    it(`show ${row.what}`, async () => {
      assert.deepEqual(await seen(row), row.sees);
    });

    it(`give an archive of the same: ${row.what}`, async () => {
      const layers = await layersOf(...row.layers);
      const unpacked: Record<string, string> = {};
      await readTar(await flattenLayers({ name: 'base', layers }), {
        what: 'flat',
        visit: async (member, body) => {
          let text = '';
          for await (const chunk of body) text += Buffer.from(chunk).toString();
          if (member.kind === 'file') unpacked[member.path] = text;
          if (member.kind === 'symlink') unpacked[member.path] = member.target;
          if (member.kind === 'hardlink') unpacked[member.path] = unpacked[member.target] ?? 'nothing';
          return undefined;
        },
      });
      assert.deepEqual(unpacked, row.sees);
    });
  }

  it('say whether one removes anything', async () => {
    const [plain, removing] = await layersOf([file('a.wh.b')], [file('x/.wh.a', '')]);
    assert.equal(await removesPaths(plain?.open() ?? (async function* () {})(), 'plain'), false);
    assert.equal(await removesPaths(removing?.open() ?? (async function* () {})(), 'removing'), true);
  });

  const deep = Array.from({ length: 600 }, (_, index) => link(`l${index + 1}`, `l${index}/d`));
  const REFUSED: readonly (readonly [what: string, files: readonly TarFile[], says: RegExp, code?: string])[] = [
    ['a device', [{ path: 'etc/sda', device: true }], /etc\/sda is a device or a pipe/],
    ['a file below a file', [file('a'), file('a/b')], /a\/b lies below something that is no folder/],
    ['links in a circle', [link('a', 'b'), link('b', 'a'), file('a/x')], /a\/x lies below something/],
    ['a hard link to nothing', [{ path: 'b', link: 'a', hard: true }], /b is a hard link to a, which is not there/],
    ['a path that leads out', [file('../etc/passwd')], /is not one within the archive/, 'sources/bad-member'],
    ['folders without end', [file(`${'d/'.repeat(600)}x`)], /more than 512 folders in each other/],
    [
      'folders without end, through links',
      [folder('l0'), ...deep.flatMap((one, index) => [folder(`l${index}/d`), one]), file('l600/x')],
      /more than 512 folders|lies below something/,
    ],
  ];
  for (const [what, files, says, code = 'base/unfit'] of REFUSED) {
    it(`refuse ${what}`, async () => {
      await assert.rejects(mergeLayers(await layersOf(files), 'base'), isFailure(code, says));
    });
  }

  it('refuse a tar that is another than the configuration says', async () => {
    const [layer] = await layersOf([file('a')]);
    assert.ok(layer);
    await assert.rejects(
      mergeLayers([{ ...layer, diffId: digestOf('another') }], 'base'),
      isFailure('base/unfit', /its layer 1 unpacks to sha256:/),
    );
  });

  it('are read in bounded time where a layer removes the same path ten thousand times', async () => {
    const many = Array.from({ length: 10_000 }, () => file('.wh.d', ''));
    const own = Array.from({ length: 1000 }, (_, index) => file(`d/${index}`));
    const tree = await mergeLayers(await layersOf([file('d/old')], [...own, ...many]), 'base');
    assert.equal(tree.names('d').length, 1000);
  }).timeout(30_000);
});
