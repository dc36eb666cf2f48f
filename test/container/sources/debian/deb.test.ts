import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readDebFiles, readDebMetadata } from '../../../../src/container/sources/debian/deb.ts';
import { Failure } from '../../../../src/nouns/failure.ts';
import { arOf, debOf, tarOf } from '../fakes.ts';

/** `hello\n` in a tar archive of one file named `file`, packed by xz (`tar c --format=ustar file | xz -9`). */
const XZ_TAR = Buffer.from(
  '/Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4Cf/AGNdADMaSda2OCGvAe5uBXM7wQLncm5278ZYAOpVSLUOP63/j99WxWjIEig8d3NsN39bvJu7Q8g5L4Nj+eqo4ax5EBDgssauYjkH87jh6Ck3mdAcCByRDo5d3m3WBc/q3xN3UBD6AAAAuuBqmq0IkigAAX+AUAAAAPnUykOxxGf7AgAAAAAEWVo=',
  'base64',
);

describe('a .deb file', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-deb-'));
  });
  after(async () => rm(folder, { recursive: true, force: true }));

  const write = async (content: Uint8Array): Promise<string> => {
    const path = join(folder, 'some.deb');
    await writeFile(path, content);
    return path;
  };
  const list = async (path: string): Promise<string[]> => {
    const seen: string[] = [];
    await readDebFiles(path, async (member, body) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of body) chunks.push(chunk);
      seen.push(`${member.kind} ${member.path} ${Buffer.concat(chunks)}`.trim());
      return undefined;
    });
    return seen;
  };

  it('gives its control file, its sums and what it installs', async () => {
    const files = [
      { path: './', folder: true },
      { path: './a/', folder: true },
      { path: './a/b', text: 'B' },
      { path: './c', link: 'a/b' },
    ] as const;
    const path = await write(await debOf({ control: 'Package: x\n', md5sums: 'sums\n', files }));
    assert.deepEqual(await readDebMetadata(path), { control: 'Package: x\n', md5sums: 'sums\n' });
    assert.deepEqual(await list(path), ['directory a', 'file a/b B', 'symlink c']);
  });

  it('may be packed by xz, or not at all', async () => {
    const plain = await tarOf([{ path: 'file', text: 'hello\n' }]);
    for (const member of [
      ['data.tar.xz', XZ_TAR],
      ['data.tar', plain],
      ['data.tar/', plain],
    ] as const) {
      const path = await write(arOf([['debian-binary', Buffer.from('2.0\n')], member]));
      assert.deepEqual(await list(path), ['file file hello']);
    }
  });

  it('is left in the middle by a reader that has seen enough', async () => {
    const big = 'x'.repeat(500_000);
    const path = await write(
      await debOf({
        control: '',
        files: [
          { path: 'a', text: 'A' },
          { path: 'b', text: big },
          { path: 'c', text: big },
        ],
      }),
    );
    const seen: string[] = [];
    await readDebFiles(path, async (member) => {
      seen.push(member.path);
      return 'stop';
    });
    assert.deepEqual(seen, ['a']);
  });

  it('passes on what its reader throws', async () => {
    const path = await write(
      await debOf({
        control: '',
        files: [
          { path: 'a', text: 'A' },
          { path: 'b', text: 'B' },
        ],
      }),
    );
    const fail = async (): Promise<never> => {
      throw new Error('the disk is full');
    };
    await assert.rejects(readDebFiles(path, fail), /^Error: the disk is full$/);
  });

  const tar = tarOf([{ path: 'file', text: 'x'.repeat(100_000) }]);
  const data = async (name: string, change: (tar: Buffer) => Uint8Array): Promise<Buffer> =>
    arOf([
      ['debian-binary', Buffer.from('2.0\n')],
      [name, change(await tar)],
    ]);
  const rows: [title: string, content: () => Promise<Uint8Array>][] = [
    ['empty', async () => new Uint8Array()],
    ['a text', async () => Buffer.from('<html>not found</html>')],
    ['an archive without members', async () => arOf([])],
    ['cut within a header', async () => (await data('data.tar', (all) => all)).subarray(0, 100)],
    ['cut within a member', async () => (await data('data.tar', (all) => all)).subarray(0, 1000)],
    [
      'of a size that is no number',
      async () =>
        Buffer.from(
          (await data('data.tar', (all) => all)).toString('latin1').replace(/\d{6} {4}`/, 'abcdef    `'),
          'latin1',
        ),
    ],
    ['with a cut tar', async () => data('data.tar', (all) => all.subarray(0, 50_000))],
    ['with a tar of noise', async () => data('data.tar', (all) => Buffer.alloc(all.length, 0xa5))],
    ['with a cut gzip', async () => data('data.tar.gz', (all) => gzipSync(all).subarray(0, 60))],
    ['with a gzip of noise', async () => data('data.tar.gz', () => Buffer.alloc(1000, 0xa5))],
    ['with a cut xz', async () => data('data.tar.xz', () => XZ_TAR.subarray(0, 80))],
    ['with an xz of noise', async () => data('data.tar.xz', () => Buffer.alloc(1000, 0xa5))],
  ];
  for (const [title, content] of rows) {
    it(`is refused when it is ${title}`, async () => {
      await assert.rejects(list(await write(await content())), (error) => {
        assert.ok(error instanceof Failure, String(error));
        assert.equal(error.code, 'sources/damaged');
        assert.match(error.message, /some\.deb/);
        return true;
      });
    });
  }
});
