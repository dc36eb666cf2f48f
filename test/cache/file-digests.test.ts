import assert from 'node:assert/strict';
import { mkdtemp, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cheapDigest, freshDigest, rememberedDigest, seemsUnchanged } from '../../src/cache/file-digests.ts';
import type { Json } from '../../src/nouns/canonical-json.ts';
import { digestOf } from '../../src/nouns/digest.ts';

describe('rememberedDigest', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'plimsoll-digests-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const memory = () => {
    const kept = new Map<string, Json>();
    return {
      kept,
      recall: async (key: string) => kept.get(key),
      remember: async (key: string, value: Json) => void kept.set(key, value),
    };
  };

  it('tells what was changed, also where size and time of modification stay', async () => {
    const facts = memory();
    const file = join(folder, 'model.onnx');
    await writeFile(file, 'one');
    await utimes(file, 1000, 1000);
    assert.equal(await rememberedDigest(file, facts), digestOf('one'));
    await writeFile(file, 'two');
    await utimes(file, 1000, 1000);
    assert.equal(await rememberedDigest(file, facts), digestOf('two'));
  });

  it('does not trust what is remembered of a file that had only just changed, and has it as a hint', async () => {
    const facts = memory();
    const file = join(folder, 'model.onnx');
    await writeFile(file, 'one');
    assert.equal(await seemsUnchanged(file, facts), false);
    await rememberedDigest(file, facts);
    const [[key, record] = ['', null]] = [...facts.kept];
    facts.kept.set(key, { ...(record as object), digest: digestOf('a mark') } as Json);
    assert.equal(await seemsUnchanged(file, facts), true);
    assert.equal(await rememberedDigest(file, facts), digestOf('one'));
    await writeFile(file, 'others');
    assert.equal(await seemsUnchanged(file, facts), false);
  });

  it('reads no large file for those who have no time, and tells them what is remembered', async function () {
    this.timeout(10_000);
    const facts = memory();
    const file = join(folder, 'large.onnx');
    await writeFile(file, '');
    await truncate(file, 2 ** 25);
    await new Promise((done) => setTimeout(done, 2_100));
    assert.equal(await cheapDigest(file, facts), undefined);
    const digest = await freshDigest(file, facts);
    assert.equal(await cheapDigest(file, facts), digest);
    await truncate(file, 3);
    assert.equal(await cheapDigest(file, facts), digestOf(Buffer.alloc(3)));
  });

  it('does not read a file again that has been left alone', async function () {
    this.timeout(10_000);
    const facts = memory();
    const file = join(folder, 'model.onnx');
    await writeFile(file, 'one');
    await new Promise((done) => setTimeout(done, 2_100));
    await rememberedDigest(file, facts);
    const [[key, record] = ['', null]] = [...facts.kept];
    const wrong = digestOf('a mark');
    facts.kept.set(key, { ...(record as object), digest: wrong } as Json);
    assert.equal(await rememberedDigest(file, facts), wrong);
  });
});
