import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeModel } from '../../src/onnx/encode-model.ts';
import type { Model } from '../../src/onnx/model.ts';
import { openRuntimeChild } from '../../src/validate/runtime/runtime-child.ts';
import { runtimeFolder } from './runtime.ts';

const LIMITS = { timeoutMs: 60_000, memoryBytes: 2 ** 31 };

/** For a suite that asks the runtime which models it loads: one process for all of them. Skips the suite where there is no runtime. */
export function useLoadingChild() {
  const folder = runtimeFolder();
  let temporary = '';
  let child: ReturnType<typeof openRuntimeChild> | undefined;
  before(function () {
    if (folder === undefined) return this.skip();
    temporary = mkdtempSync(join(tmpdir(), 'plimsoll-loading-'));
    child = openRuntimeChild({ runtimeFolder: folder, limits: LIMITS });
  });
  after(async () => {
    await child?.close();
    if (temporary !== '') rmSync(temporary, { recursive: true, force: true });
  });

  return async (model: Model) => {
    const path = join(temporary, 'model.onnx');
    writeFileSync(path, encodeModel(model));
    const options = { executionProviders: ['cpu'], logSeverityLevel: 4 };
    return child?.ask('create', { session: path, model: { kind: 'file', path }, options });
  };
}
