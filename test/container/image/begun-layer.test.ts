import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cache, openCache } from '../../../src/cache/cache.ts';
import { beginLayer } from '../../../src/container/image/begun-layer.ts';
import { packLayer } from '../../../src/container/image/layer.ts';
import { type Entry, fileOf, type LayerEntry } from '../../../src/container/tree.ts';

describe('A layer that is begun before all of it is known', () => {
  let folder: string;
  let cache: Cache;
  let weights: Entry;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-begun-'));
    cache = await openCache({ folder: join(folder, 'cache') });
    const path = join(folder, 'weights');
    const bytes = Buffer.alloc(3 * 2 ** 20 + 7, 'weights');
    await writeFile(path, bytes);
    const content = { kind: 'file', path, size: bytes.length } as const;
    weights = { kind: 'file', path: 'app/model/model.data', mode: 0o644, content };
  });
  afterEach(async () => rm(folder, { recursive: true, force: true }));

  const graph = fileOf('app/model/model.onnx', 'graph');
  const plan = fileOf('app/model/plan.json', '{}');
  const options = () => ({ name: 'model', compression: 'none', mtime: 86_400, cache }) as const;
  const blobs = async () => (await readdir(join(cache.root, 'v1', 'blobs', 'sha256'))).length;
  const leftovers = async () => (await readdir(join(cache.root, 'v1', 'temporary'))).length;

  it('is the same as one that is packed at once', async () => {
    const tree = [plan, weights, graph];
    const atOnce = await packLayer(() => tree, options());
    const begun = beginLayer([weights, graph], { mtime: 86_400, cache });
    const finished = await packLayer(() => tree, { ...options(), begun });
    assert.deepEqual(finished, atOnce);
    assert.equal(await blobs(), 1);
  });

  it('tells where its last file can be read while what comes after it is not known', async () => {
    const content = Buffer.alloc(2 * 2 ** 20 + 9, 'gathered');
    const path = join(folder, 'original');
    await writeFile(path, content);
    const { size, ino, mtimeMs } = await stat(path);
    const source = { path, bytes: size, inode: ino, modifiedMs: mtimeMs };
    const file = { bytes: size + 1, sources: [source], ranges: [{ at: 1, source: 0, offset: 0, length: size }] };
    const gathered = { ...weights, content: { kind: 'gathered', file } } as LayerEntry;
    const begun = beginLayer([gathered], { mtime: 0, cache });
    const place = await begun.written;
    const bytes = await readFile(place.path);
    assert.equal(place.offset % 512, 0);
    assert.ok(bytes.subarray(place.offset, place.offset + size + 1).equals(Buffer.concat([Buffer.alloc(1), content])));
    const finished = await begun.finish([plan, gathered, graph]);
    const atOnce = await packLayer(() => [plan, gathered, graph], { ...options(), mtime: 0 });
    assert.deepEqual({ name: 'model', ...finished }, atOnce);
  });

  it('tells why what it was begun with cannot be written', async () => {
    const source = { path: join(folder, 'weights'), bytes: 1, inode: 1, modifiedMs: 1 };
    const file = { bytes: 1, sources: [source], ranges: [] };
    const begun = beginLayer([{ ...weights, content: { kind: 'gathered', file } } as LayerEntry], { mtime: 0, cache });
    await assert.rejects(begun.written, { code: 'onnx/changed' });
    assert.deepEqual([await blobs(), await leftovers()], [0, 0]);
  });

  it('goes on also where its files have been given other names meanwhile', async () => {
    const begun = beginLayer([weights, graph], { mtime: 0, cache });
    const moved: Entry = {
      ...weights,
      content: { kind: 'file', path: join(folder, 'elsewhere'), size: 3 * 2 ** 20 + 7 },
    } as Entry;
    assert.ok(await begun.finish([moved, graph, plan]));
  });

  it('keeps nothing when it is abandoned, at any time and again', async () => {
    const begun = beginLayer([weights, graph], { mtime: 0, cache });
    await begun.abandon();
    await begun.abandon();
    assert.equal(await begun.finish([weights, graph, plan]), undefined);
    assert.deepEqual([await blobs(), await leftovers()], [0, 0]);
  });

  it('stays as it is when it is abandoned after it was finished', async () => {
    const begun = beginLayer([weights, graph], { mtime: 0, cache });
    assert.ok(await begun.finish([weights, graph, plan]));
    await begun.abandon();
    assert.equal(await blobs(), 1);
  });

  for (const [what, tree] of [
    ['less', [graph, plan]],
    ['another file', [fileOf('app/model/model.data', 'other'), graph, plan]],
    ['something that sorts before', [fileOf('app/model/a', ''), plan]],
    ['nothing', []],
  ] as const) {
    it(`is packed as any other where ${what} is wanted in the end`, async () => {
      const begun = beginLayer([weights, graph], { mtime: 86_400, cache });
      const layer = await packLayer(() => [...tree], { ...options(), begun });
      const atOnce = await packLayer(() => [...tree], options());
      assert.deepEqual(layer, atOnce);
      assert.deepEqual([await blobs(), await leftovers()], [1, 0]);
    });
  }

  it('is packed as any other where a file of it could not be read to its end', async () => {
    const path = join(folder, 'weights');
    const begun = beginLayer([weights, graph], { mtime: 86_400, cache });
    await truncate(path, 10);
    await writeFile(path, Buffer.alloc(3 * 2 ** 20 + 7, 'weights'));
    assert.ok((await packLayer(() => [weights, graph, plan], { ...options(), begun })).size > 3 * 2 ** 20);
  });
});
