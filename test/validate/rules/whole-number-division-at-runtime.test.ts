import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeModel } from '../../../src/onnx/encode-model.ts';
import { withRuntimeChild } from '../../../src/validate/runtime/runtime-child.ts';
import { model, node } from '../../support/model-builder.ts';
import { runtimeOrSkip } from '../../support/runtime.ts';

const SMALLEST = { int32: -(2n ** 31n), int64: -(2n ** 63n) };

describe('Whole numbers that a request divides', () => {
  let folder = '';
  let runtimeFolder = '';
  before(function () {
    if (process.arch !== 'x64') this.skip();
    runtimeFolder = runtimeOrSkip(this);
    folder = mkdtempSync(join(tmpdir(), 'plimsoll-division-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const divide = async (opType: string, elementType: 'int32' | 'int64', [a, b]: readonly [bigint, bigint]) => {
    const path = join(folder, 'model.onnx');
    const type = `${elementType}[n]`;
    const division = model({
      inputs: [`${type} a`, `${type} b`],
      outputs: [`${type} y`],
      nodes: [node(`y = ${opType}(a, b)`)],
    });
    writeFileSync(path, encodeModel(division));
    const tensor = (value: bigint) => {
      const data = elementType === 'int64' ? BigInt64Array.of(value) : Int32Array.of(Number(value));
      return { elementType, dims: [1], data };
    };
    const limits = { timeoutMs: 60_000, memoryBytes: 2 ** 31 };
    return withRuntimeChild({ runtimeFolder, limits }, async (child) => {
      const options = { executionProviders: ['cpu'], logSeverityLevel: 4 };
      await child.ask('create', { session: 'x', model: { kind: 'file', path }, options });
      const feeds = new Map([
        ['a', tensor(a)],
        ['b', tensor(b)],
      ]);
      return child.ask('run', { session: 'x', feeds, keep: true });
    });
  };

  for (const opType of ['Div', 'Mod']) {
    for (const elementType of ['int32', 'int64'] as const) {
      it(`end the process where the quotient does not fit, by ${opType} of ${elementType}`, async () => {
        const trapped = await divide(opType, elementType, [SMALLEST[elementType], -1n]);
        assert.deepEqual(trapped, { outcome: 'crashed', how: 'signal SIGFPE' });
        assert.equal((await divide(opType, elementType, [7n, -1n])).outcome, 'ok');
        assert.equal((await divide(opType, elementType, [7n, 0n])).outcome, 'refused');
      });
    }
  }
});
