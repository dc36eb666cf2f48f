import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { writeDockerArchive, writeOciArchive } from '../../../src/container/image/archives.ts';
import { parseImageName } from '../../../src/container/image/image-name.ts';
import { digestOf, hexOf } from '../../../src/nouns/digest.ts';
import { smallImage, withFolder } from './fixtures.ts';

describe('an archive of an image', () => {
  it('holds the layout of the index when it is an OCI archive, the same bytes every time', async () => {
    await withFolder(async (folder) => {
      const { index } = await smallImage(folder);
      const [first, second] = [join(folder, 'new', '1.tar'), join(folder, '2.tar')];
      for (const file of [first, second]) await writeOciArchive(index, file, { reference: 'small:1' });
      assert.equal(digestOf(await readFile(first)), digestOf(await readFile(second)));
      const files = await filesOf(await readFile(first));
      const { manifests } = JSON.parse(textOf(files.get('index.json')));
      assert.equal(manifests[0].digest, index.digest);
      assert.equal(manifests[0].annotations['org.opencontainers.image.ref.name'], 'small:1');
      for (const [path, content] of files) {
        if (path.startsWith('blobs/')) assert.equal(path, `blobs/sha256/${hexOf(digestOf(content))}`);
      }
      assert.ok(files.has(`blobs/sha256/${hexOf(index.digest)}`));
      assert.deepEqual((await readdir(folder)).sort(), ['2.tar', 'cache', 'new']);
    });
  });

  it('names configuration, layers and tag when it is a Docker archive, and the layers unpack to their diff ids', async () => {
    await withFolder(async (folder) => {
      const { images } = await smallImage(folder);
      const [image] = images;
      const file = join(folder, 'd.tar');
      await writeDockerArchive(image, file, { reference: 'registry.example:5000/team/small' });
      const files = await filesOf(await readFile(file));
      const [entry] = JSON.parse(textOf(files.get('manifest.json')));
      assert.deepEqual(entry.RepoTags, ['registry.example:5000/team/small:latest']);
      const config = files.get(entry.Config);
      assert.ok(config);
      assert.equal(digestOf(config), image.config.digest);
      const diffIds = entry.Layers.map((path: string) => {
        const bytes = files.get(path) ?? Buffer.alloc(0);
        return digestOf(bytes[0] === 0x1f ? gunzipSync(bytes) : bytes);
      });
      assert.deepEqual(diffIds, JSON.parse(config.toString()).rootfs.diff_ids);
    });
  });

  it('replaces a file, refuses a folder in its place, and leaves no half of itself', async () => {
    await withFolder(async (folder) => {
      const { index } = await smallImage(join(folder, 'image'));
      const target = join(folder, 'out');
      await mkdir(target);
      await writeFile(join(target, 'a.tar'), 'older');
      await writeOciArchive(index, join(target, 'a.tar'), { reference: 'small' });
      assert.ok((await readFile(join(target, 'a.tar'))).length > 5);
      await assert.rejects(writeOciArchive(index, target, { reference: 'small' }), {
        code: 'output/wrong-kind',
        exit: 2,
      });
      await assert.rejects(writeOciArchive(index, join(target, 'a.tar', 'b'), { reference: 'small' }), {
        code: 'output/wrong-kind',
      });
      assert.deepEqual((await readdir(folder)).sort(), ['image', 'out']);
      assert.deepEqual(await readdir(target), ['a.tar']);
    });
  });

  const names: readonly (readonly [string, string | undefined])[] = [
    ['small', 'small latest'],
    ['small:1.2', 'small 1.2'],
    ['team/small', 'team/small latest'],
    ['localhost:5000/small', 'localhost:5000/small latest'],
    ['registry.example/team/a__b-c.d:V1', 'registry.example/team/a__b-c.d V1'],
    ['Small', undefined],
    ['small:', undefined],
    ['small:-x', undefined],
    ['a//b', undefined],
    ['-small', undefined],
    ['', undefined],
    [`${'a'.repeat(256)}`, undefined],
  ];
  for (const [text, wanted] of names) {
    it(`${wanted === undefined ? 'refuses' : 'reads'} the image name ${JSON.stringify(text.slice(0, 40))}`, () => {
      if (wanted === undefined) assert.throws(() => parseImageName(text), { code: 'output/image-name', exit: 2 });
      else assert.equal(Object.values(parseImageName(text)).join(' '), wanted);
    });
  }
});

async function filesOf(bytes: Uint8Array): Promise<ReadonlyMap<string, Buffer>> {
  const reader = extract();
  Readable.from([bytes]).pipe(reader);
  const files = new Map<string, Buffer>();
  for await (const entry of reader) {
    const pieces: Uint8Array[] = [];
    for await (const piece of entry) pieces.push(piece as Uint8Array);
    if (entry.header.type === 'file') files.set(entry.header.name, Buffer.concat(pieces));
  }
  return files;
}

function textOf(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}
