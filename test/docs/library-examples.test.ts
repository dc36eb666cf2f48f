import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const examples = [...readFileSync(join(root, 'docs/library.md'), 'utf8').matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(
  ([, text = '']) => text,
);

describe('The examples of the library', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(root, 'test/docs/.examples-'));
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('are there', () => assert.ok(examples.length >= 4));

  for (const [index, example] of examples.entries()) {
    it(`run as they stand: ${example.split('\n').find((line) => line.includes('await')) ?? ''}`, () => {
      const file = join(folder, `example-${index}.ts`);
      writeFileSync(
        file,
        example.replaceAll("'plimsoll'", JSON.stringify(pathToFileURL(join(root, 'src/index.ts')).href)),
      );
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', 'tsx', file], {
        cwd: root,
        encoding: 'utf8',
      });
      assert.deepEqual([status, stderr], [0, '']);
      assert.notEqual(stdout, '');
    });
  }
});
