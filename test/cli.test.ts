import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

describe('The command line', () => {
  it('starts where no cache can be made', () => {
    const { status, stderr } = plimsoll(['inspect', 'examples/sklearn'], '/proc/none/cache');
    assert.deepEqual([status, stderr], [0, '']);
  });

  it('keeps compiled code in its own cache where Node can', () => {
    const cache = mkdtempSync(join(tmpdir(), 'plimsoll-test-'));
    try {
      assert.equal(plimsoll(['inspect', 'examples/sklearn'], cache).status, 0);
      assert.equal(existsSync(join(cache, 'v1', 'compiled')), 'enableCompileCache' in module);
    } finally {
      rmSync(cache, { recursive: true });
    }
  });

  it('names what it knows where a command is unknown', () => {
    const { status, stderr } = plimsoll(['lnit'], '/proc/none/cache');
    assert.equal(status, 2);
    assert.match(stderr, /Did you mean lint/);
  });
});

function plimsoll(args: readonly string[], cache: string): { status: number | null; stderr: string } {
  const { NODE_DISABLE_COMPILE_CACHE: _, NODE_COMPILE_CACHE: __, ...env } = process.env;
  return spawnSync(process.execPath, ['--import', 'tsx', 'src/cli.ts', ...args], {
    env: { ...env, PLIMSOLL_CACHE: cache },
    encoding: 'utf8',
    timeout: 20_000,
  });
}
