import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleServer } from '../../scripts/bundle-server.ts';

describe('the server bundle', () => {
  const folders: string[] = [];
  const bundle = async (): Promise<string> => {
    const folder = mkdtempSync(join(tmpdir(), 'plimsoll-bundle-'));
    folders.push(folder);
    await bundleServer(join(folder, 'server.mjs'));
    return join(folder, 'server.mjs');
  };
  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  it('is the same bytes wherever it is made, small, and without a path of this machine', async () => {
    const home = process.cwd();
    const first = await bundle();
    process.chdir(tmpdir());
    const second = await bundle().finally(() => process.chdir(home));
    const text = readFileSync(first, 'utf8');
    assert.equal(readFileSync(second, 'utf8'), text);
    // Read and compiled at every start.
    assert.ok(statSync(first).size < 470_000);
    // V8 holds a text with any other letter in two bytes for each of its own.
    assert.equal(statSync(first).size, text.length);
    const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
    assert.ok(!text.includes(root) && !text.includes(tmpdir()));
    assert.ok(!text.includes('sourceMappingURL'));
  });

  it('takes in nothing but Node itself and the runtime, and of Node only what it uses', async () => {
    const text = readFileSync(await bundle(), 'utf8');
    assert.deepEqual(text.match(/^import .*$/gm), null);
    const required = new Set(
      [...text.matchAll(/(?:require|getBuiltinModule)\w*\("([^"]+)"\)/g)].map((match) => match[1] ?? ''),
    );
    assert.deepEqual(
      [...required].filter((name) => !name.startsWith('node:')),
      ['onnxruntime-common', 'onnxruntime-node/dist/binding.js'],
    );
  });
});
