import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeOciLayout } from '../../../src/container/image/oci-layout.ts';
import { digestOf, hexOf } from '../../../src/nouns/digest.ts';
import { smallImage, withFolder } from './fixtures.ts';

const REFERENCE = 'small:latest';

describe('an OCI image layout', () => {
  it('holds every blob under its digest and nothing else', async () => {
    await withFolder(async (folder) => {
      const { index } = await smallImage(folder);
      const layout = join(folder, 'new', 'layout');
      await writeOciLayout(index, layout, { reference: REFERENCE });
      assert.deepEqual((await readdir(layout)).sort(), ['blobs', 'index.json', 'oci-layout']);
      assert.equal((await assertWhole(layout)).size, (await readdir(join(layout, 'blobs', 'sha256'))).length);
      const { manifests } = await readIndex(layout);
      assert.deepEqual(manifests, [
        {
          mediaType: index.mediaType,
          digest: index.digest,
          size: index.size,
          annotations: { 'org.opencontainers.image.ref.name': REFERENCE },
        },
      ]);
    });
  });

  it('keeps right blobs, mends damaged ones and those that a killed run left out', async () => {
    await withFolder(async (folder) => {
      const { index, layers } = await smallImage(folder);
      const layout = join(folder, 'layout');
      await writeOciLayout(index, layout, { reference: REFERENCE });
      const [base, model] = layers.map((layer) => join(layout, 'blobs', 'sha256', hexOf(layer.digest)));
      const manifest = join(layout, 'blobs', 'sha256', hexOf(index.digest));
      assert.ok(base && model);
      const kept = await stat(base);
      const bytes = await readFile(manifest);
      bytes[0] = 0;
      await writeFile(manifest, bytes);
      await rm(model);
      await rm(join(layout, 'index.json'));
      await writeOciLayout(index, layout, { reference: REFERENCE });
      await assertWhole(layout);
      assert.equal((await stat(base)).ctimeMs, kept.ctimeMs);
    });
  });

  it('takes back what it has begun when it cannot go on, and leaves a layout that was there as it was', async () => {
    await withFolder(async (folder) => {
      const { index } = await smallImage(folder);
      const layout = join(folder, 'new');
      const signal = AbortSignal.abort(new Error('enough'));
      await assert.rejects(writeOciLayout(index, layout, { reference: REFERENCE, signal }), /enough/);
      assert.equal(existsSync(layout), false);

      const last = index.images[0]?.layers.at(-1);
      assert.ok(last);
      await writeOciLayout(index, layout, { reference: REFERENCE });
      const before = await readFile(join(layout, 'index.json'));
      await rm(join(layout, 'blobs', 'sha256', hexOf(last.digest)));
      await rm(last.path);
      await assert.rejects(writeOciLayout(index, layout, { reference: REFERENCE }));
      assert.deepEqual(await readFile(join(layout, 'index.json')), before);

      const fresh = join(folder, 'fresh');
      await assert.rejects(writeOciLayout(index, fresh, { reference: REFERENCE }), { code: 'output/no-folder' });
      assert.equal(existsSync(fresh), false);
    });
  });

  it('replaces the image of the same name with the blobs that only it used, and keeps the others', async () => {
    await withFolder(async (folder) => {
      const layout = join(folder, 'layout');
      const [first, second, third] = await Promise.all(
        ['one', 'two', 'three'].map((model) => smallImage(join(folder, model), model)),
      );
      assert.ok(first && second && third);
      await writeOciLayout(first.index, layout, { reference: 'first' });
      await writeOciLayout(second.index, layout, { reference: REFERENCE });
      await writeOciLayout(third.index, layout, { reference: REFERENCE });
      const digests = (await readIndex(layout)).manifests.map((entry) => entry.digest);
      assert.deepEqual(digests, [first.index.digest, third.index.digest]);
      const names = await readdir(join(layout, 'blobs', 'sha256'));
      assert.equal((await assertWhole(layout)).size, names.length);
      assert.ok(!names.includes(hexOf(second.index.digest)));
    });
  });

  it('is not written into a folder of other things, and leaves that as it was', async () => {
    await withFolder(async (folder) => {
      const { index } = await smallImage(join(folder, 'image'));
      const other = join(folder, 'other');
      await mkdir(other);
      await writeFile(join(other, 'thesis.tex'), 'years of work');
      await assert.rejects(writeOciLayout(index, other, { reference: REFERENCE }), {
        code: 'output/not-a-layout',
        exit: 2,
      });
      assert.deepEqual(await readdir(other), ['thesis.tex']);
    });
  });

  it('is not written over a damaged index.json', async () => {
    await withFolder(async (folder) => {
      const { index } = await smallImage(join(folder, 'image'));
      const layout = join(folder, 'layout');
      await writeOciLayout(index, layout, { reference: REFERENCE });
      for (const content of ['', '{', '[]', '{"schemaVersion":2,"manifests":[{"digest":"../../etc"}]}']) {
        await writeFile(join(layout, 'index.json'), content);
        await assert.rejects(writeOciLayout(index, layout, { reference: REFERENCE }), { code: 'output/bad-layout' });
        assert.equal(await readFile(join(layout, 'index.json'), 'utf8'), content);
      }
    });
  });

  it('says so where a file stands in its place, and where it may not be written', async () => {
    await withFolder(async (folder) => {
      const { index } = await smallImage(join(folder, 'image'));
      const file = join(folder, 'file');
      await writeFile(file, '');
      const wrong = { code: 'output/wrong-kind', exit: 2 };
      await assert.rejects(writeOciLayout(index, file, { reference: REFERENCE }), wrong);
      await assert.rejects(writeOciLayout(index, join(file, 'below'), { reference: REFERENCE }), wrong);
      if (process.getuid?.() === 0) return;
      const closed = join(folder, 'closed');
      await mkdir(closed, { mode: 0o500 });
      await assert.rejects(writeOciLayout(index, join(closed, 'x'), { reference: REFERENCE }), {
        code: 'output/not-writable',
      });
      await chmod(closed, 0o700);
    });
  });

  it('leaves the cache able to notice a blob that was changed through the layout', async () => {
    await withFolder(async (folder) => {
      const { index, layers } = await smallImage(folder);
      const layout = join(folder, 'layout');
      await writeOciLayout(index, layout, { reference: REFERENCE });
      const [layer] = layers;
      assert.ok(layer);
      const blob = join(layout, 'blobs', 'sha256', hexOf(layer.digest));
      assert.equal((await stat(blob)).mode & 0o222, 0);
      await chmod(blob, 0o600);
      await writeFile(blob, 'not a layer');
      const again = await smallImage(folder);
      await writeOciLayout(again.index, layout, { reference: REFERENCE });
      await assertWhole(layout);
    });
  });
});

interface Descriptor {
  readonly digest: `sha256:${string}`;
  readonly size: number;
  readonly mediaType: string;
}

async function readIndex(layout: string): Promise<{ readonly manifests: readonly Descriptor[] }> {
  return JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'));
}

/** Follows every descriptor from index.json and checks digest and size; gives what it came across. */
async function assertWhole(layout: string): Promise<ReadonlySet<string>> {
  assert.deepEqual(JSON.parse(await readFile(join(layout, 'oci-layout'), 'utf8')), { imageLayoutVersion: '1.0.0' });
  assert.ok(!existsSync(join(layout, '.partial')));
  const seen = new Set<string>();
  const open = [...(await readIndex(layout)).manifests];
  for (let next = open.pop(); next; next = open.pop()) {
    const bytes = await readFile(join(layout, 'blobs', 'sha256', hexOf(next.digest)));
    assert.equal(digestOf(bytes), next.digest);
    assert.equal(bytes.length, next.size);
    seen.add(next.digest);
    if (!/(index|manifest)\.v1\+json$/.test(next.mediaType)) continue;
    const { manifests = [], config, layers = [] } = JSON.parse(bytes.toString());
    open.push(...manifests, ...layers, ...(config ? [config] : []));
  }
  return seen;
}
