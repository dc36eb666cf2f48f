import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sourceOf } from '../../../src/validate/runtime/prepare-model.ts';
import { type RuntimeChild, withRuntimeChild } from '../../../src/validate/runtime/runtime-child.ts';
import { shipModel } from '../../../src/validate/runtime/ship-model.ts';
import { runtimeOrSkip } from '../../support/runtime.ts';
import { denseLayers } from './build-model.ts';

describe('shipModel', () => {
  let folder = '';
  let runtime = '';
  before(function () {
    runtime = runtimeOrSkip(this);
    folder = mkdtempSync(join(tmpdir(), 'plimsoll-ship-'));
  });
  after(() => {
    if (folder !== '') rmSync(folder, { recursive: true, force: true });
  });

  it('loads what ships once where that is what was loaded to see whether it can be, and leaves it loaded', async () => {
    const model = denseLayers(join(folder, 'model.onnx'));
    const created: string[] = [];
    const limits = { timeoutMs: 30_000, memoryBytes: 2 ** 30 };
    await withRuntimeChild({ runtimeFolder: runtime, limits }, async (child) => {
      const ask: RuntimeChild['ask'] = (verb, asked) => {
        if (verb === 'create') created.push((asked as { session: string }).session);
        return child.ask(verb, asked);
      };
      const target = join(folder, 'shipped');
      const serving = { bounds: {}, profile: 'fast' } as const;
      const options = { model, source: sourceOf(model), folder: target, session: 'shipped', ...serving };
      const shipped = await shipModel({ log: () => child.log(), ask }, options);
      assert.equal(shipped.outcome, 'ok');
      assert.deepEqual(created, ['preparation', 'shipped']);
      const feeds = new Map([['x', { elementType: 'float', dims: [1, 40], data: new Float32Array(40) } as const]]);
      assert.equal((await child.ask('run', { session: 'shipped', feeds })).outcome, 'ok');
    });
  });
});
