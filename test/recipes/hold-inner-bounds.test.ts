import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cache, openCache } from '../../src/cache/cache.ts';
import { writeModel } from '../../src/onnx/write-model.ts';
import { holdInnerBounds } from '../../src/recipes/probe/hold-inner-bounds.ts';
import { model, node } from '../support/model-builder.ts';
import { RUNTIME } from '../support/small-world.ts';

const MODEL = model({
  inputs: ['float[n] x'],
  outputs: ['int64[m] y'],
  nodes: [
    node('places = NonZero(x)', {}, { name: 'places' }),
    node('y = ReduceMax(places)', { keepdims: 0 }, { name: 'y' }),
  ],
  opsets: { 'ai.onnx': 17 },
});

describe('Bounds inside the graph, held against cases', function () {
  this.timeout(60_000);
  let folder: string;
  let cache: Cache;

  before(async function () {
    if (RUNTIME === undefined) this.skip();
    folder = mkdtempSync(join(tmpdir(), 'plimsoll-test-'));
    cache = await openCache({ folder: join(folder, 'cache') });
    mkdirSync(join(folder, 'cases'));
    await writeModel(MODEL, join(folder, 'model.onnx'));
    for (const [name, data] of [
      ['few', [0, 1, 0, 2]],
      ['many', [1, 2, 3, 4]],
    ] as const) {
      const inputs = [{ name: 'x', datatype: 'FP32', shape: [4], data }];
      const outputs = [{ name: 'y', datatype: 'INT64', shape: [], data: [3] }];
      writeFileSync(
        join(folder, 'cases', `${name}.json`),
        JSON.stringify({ schema: 'plimsoll.case/1', name, inputs, outputs }),
      );
    }
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  const hold = (bounds: Readonly<Record<string, number>>) => {
    const project = { config: { bounds }, casesPath: join(folder, 'cases'), modelPath: join(folder, 'model.onnx') };
    const assayed = { form: 'original', reason: null, files: [{ bytes: 1 }], places: [project.modelPath] };
    const shipped = { project, assayed, runtime: { folder: RUNTIME } } as unknown as Parameters<
      typeof holdInnerBounds
    >[0];
    return holdInnerBounds(shipped, { cache });
  };

  it('names the case that makes a value larger than its bound', async () => {
    const found = await hold({ n: 4, 'places[1]': 3 });
    assert.deepEqual(
      found.map(({ rule, message }) => [rule, message]),
      [['memory/bound-exceeded', 'the case "many" makes "places" [1, 4], and "places[1]" is bounded by 3']],
    );
  });

  it('says nothing where all keep to theirs, and where none is inside', async () => {
    assert.deepEqual(await hold({ n: 4, 'places[1]': 4 }), []);
    assert.deepEqual(await hold({ n: 4 }), []);
  });
});
