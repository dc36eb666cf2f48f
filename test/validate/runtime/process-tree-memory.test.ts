import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { processTreeMemoryBytes } from '../../../src/validate/runtime/process-tree-memory.ts';

const HOLDING = `globalThis.held = Buffer.alloc(64 * 2 ** 20, 1); process.stdout.write('ready'); setInterval(() => {}, 1000);`;
const STARTING = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(HOLDING)}], { stdio: 'inherit' });
setInterval(() => {}, 1000);`;

describe('The memory of a process with all that it has started', () => {
  it('counts what a child of it holds', async function () {
    if (process.platform !== 'linux') return this.skip();
    const child = spawn(process.execPath, ['-e', STARTING], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      await once(child.stdout, 'data');
      const bytes = processTreeMemoryBytes(child.pid ?? -1, 'linux', Number.POSITIVE_INFINITY) ?? 0;
      assert.ok(bytes > 64 * 2 ** 20, `${bytes} bytes`);
      const shared = processTreeMemoryBytes(child.pid ?? -1, 'linux', 0) ?? 0;
      assert.ok(shared > 64 * 2 ** 20 && shared <= bytes * 1.2, `${shared} bytes, shared pages once`);
    } finally {
      process.kill(-(child.pid ?? 0), 'SIGKILL');
    }
  });

  it('is nothing for one that has ended', () => {
    assert.equal(processTreeMemoryBytes(2 ** 30, 'linux', 1), 0);
  });
});
