import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readModel } from '../../../src/onnx/read-model.ts';
import { holdsFilters } from '../../../src/validate/memory/held-filters.ts';
import { judgeDifferences } from '../../../src/validate/runtime/equality.ts';
import { sourceOf } from '../../../src/validate/runtime/prepare-model.ts';
import { type RuntimeChild, withRuntimeChild } from '../../../src/validate/runtime/runtime-child.ts';
import { sessionOptions } from '../../../src/validate/runtime/session-options.ts';
import { shipModel } from '../../../src/validate/runtime/ship-model.ts';
import { runtimeOrSkip } from '../../support/runtime.ts';
import { denseLayers, floats, node, saveModel, value } from './build-model.ts';

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

  it('makes a graph for lean of whose convolutions the runtime lays out those that are held, and no others, without a word', async () => {
    const model = saveModel(join(folder, 'convolutions.onnx'), {
      nodes: [node('Conv', ['x', 'small'], ['v']), node('Conv', ['v', 'large'], ['y'])],
      inputs: [value('x', 'float', [1, 16, 4, 4])],
      outputs: [value('y', 'float', [1, 2600, 4, 4])],
      initializers: [
        floats('small', [2600, 16, 1, 1], (index) => Math.sin(index)),
        floats('large', [2600, 2600, 1, 1], (index) => Math.cos(index) / 2600),
      ],
    });
    const limits = { timeoutMs: 30_000, memoryBytes: 2 ** 31 };
    await withRuntimeChild({ runtimeFolder: runtime, limits }, async (child) => {
      const target = join(folder, 'held');
      const serving = { bounds: {}, profile: 'lean' } as const;
      const shipped = await shipModel(child, {
        ...{ model, source: sourceOf(model), folder: target, session: 'shipped' },
        ...serving,
      });
      assert.ok(shipped.outcome === 'ok');
      const [{ path }] = shipped.value.prepared.files;
      assert.equal(holdsFilters(readModel(path)), true);
      const laidOut = join(folder, 'laid-out.onnx');
      const options = { ...sessionOptions('lean', { holdsFilters: true }), optimizedModelFilePath: laidOut };
      const before = child.log();
      const served = await child.ask('create', { session: 'served', model: { kind: 'file', path }, options });
      assert.ok(served.outcome === 'ok');
      assert.deepEqual(
        served.value.inputs.map(({ name }) => name),
        ['x'],
      );
      assert.equal(child.log().slice(before.length).includes('appears in graph inputs'), false);
      const domains = readModel(laidOut).graph.nodes.flatMap(({ opType, domain }) =>
        opType === 'Conv' ? [domain] : [],
      );
      assert.deepEqual(domains.toSorted(), ['', 'com.microsoft.nchwc']);
      const data = Float32Array.from({ length: 256 }, (_, index) => Math.sin(index));
      const feeds = new Map([['x', { elementType: 'float', dims: [1, 16, 4, 4], data } as const]]);
      const compared = await child.ask('compare', { reference: 'shipped', candidate: 'served', feeds });
      assert.ok(compared.outcome === 'ok');
      assert.notEqual(judgeDifferences(compared.value), 'different');
    });
  });
});
