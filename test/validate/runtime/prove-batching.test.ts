import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assayModel } from '../../../src/validate/runtime/assay.ts';
import { type Batchability, proveBatching } from '../../../src/validate/runtime/prove-batching.ts';
import { varyRows } from '../../../src/validate/runtime/rows.ts';
import type { RuntimeChild } from '../../../src/validate/runtime/runtime-child.ts';
import type { TensorValues } from '../../../src/validate/runtime/tensor-value.ts';
import { runtimeOrSkip } from '../../support/runtime.ts';
import { denseLayers, floats, integers, node, type Parts, saveModel, value } from './build-model.ts';

const add: Parts = {
  nodes: [node('Add', ['a', 'b'], ['y'])],
  inputs: [value('a', 'float', ['n', 3]), value('b', 'float', ['n', 3])],
  outputs: [value('y', 'float', ['n', 3])],
};

const off: readonly (readonly [title: string, parts: Parts, why: RegExp])[] = [
  [
    'mixes its rows',
    {
      ...add,
      nodes: [node('CumSum', ['a', 'rows'], ['sums']), node('Add', ['sums', 'b'], ['y'])],
      initializers: [integers('rows', [], [0n])],
    },
    /a row is answered differently in a batch of 2 rows than by itself/,
  ],
  [
    'mixes its rows where values are large',
    {
      ...add,
      nodes: [
        node('ReduceMax', ['a'], ['largest'], { attributes: { keepdims: 0n } }),
        node('Max', ['largest', 'least'], ['scale']),
        node('Div', ['a', 'scale'], ['share']),
        node('Add', ['share', 'b'], ['y']),
      ],
      initializers: [floats('least', [], () => 1000)],
    },
    /node "ReduceMax_largest" takes values of all rows together/,
  ],
  [
    'takes the scale of all rows',
    {
      ...add,
      nodes: [
        node('Add', ['a', 'b'], ['s']),
        node('DynamicQuantizeLinear', ['s'], ['q', 'scale', 'zero']),
        node('DequantizeLinear', ['q', 'scale', 'zero'], ['y']),
      ],
    },
    /node "DynamicQuantizeLinear_q" takes values of all rows together/,
  ],
  [
    'has a fixed batch dimension',
    {
      ...add,
      inputs: [value('a', 'float', [2, 3]), value('b', 'float', [2, 3])],
      outputs: [value('y', 'float', [2, 3])],
    },
    /its batch dimension is fixed/,
  ],
  [
    'has inputs with rows of their own',
    {
      nodes: [node('Add', ['a', 'b'], ['y'])],
      inputs: [value('a', 'float', ['n', 3]), value('b', 'float', ['m', 3])],
      outputs: [value('y', 'float', [null, 3])],
    },
    /do not share their first dimension/,
  ],
  [
    'leaves unnamed what its inputs may share',
    { ...add, inputs: [value('a', 'float', [null, 3]), value('b', 'float', [null, 3])] },
    /nothing says that its inputs have the same number of rows/,
  ],
  [
    'gives outputs that do not split',
    {
      ...add,
      nodes: [node('Add', ['a', 'b'], ['s']), node('Transpose', ['s'], ['y'])],
      outputs: [value('y', 'float', [3, 'n'])],
    },
    /output "y" does not have a row for each row/,
  ],
  [
    'gives outputs that do not split and does not say so',
    {
      ...add,
      nodes: [
        node('Add', ['a', 'b'], ['s']),
        node('NonZero', ['s'], ['z']),
        node('Transpose', ['z'], ['t']),
        node('Cast', ['t'], ['y']),
      ],
      outputs: [value('y', 'float', null)],
    },
    /./,
  ],
];

describe('Batching', () => {
  let folder = '';
  let runtime = '';
  before(function () {
    runtime = runtimeOrSkip(this);
  });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'plimsoll-batching-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const prove = async (
    model: Parameters<typeof assayModel>[0],
    options: { readonly bounds?: Record<string, number>; readonly example?: TensorValues } = {},
  ): Promise<Batchability> =>
    (
      await assayModel(model, {
        runtimeFolder: runtime,
        outputFolder: join(folder, 'prepared'),
        temporaryFolder: folder,
        limits: { timeoutMs: 30_000, memoryBytes: 2 ** 30 },
        ...options,
      })
    ).batching;

  it('is proven by runs of several sizes for a model whose rows are independent', async () => {
    assert.deepEqual(await prove(denseLayers(join(folder, 'model.onnx'))), { state: 'proven', rows: [2, 9] });
    assert.deepEqual(await prove(saveModel(join(folder, 'add.onnx'), add)), { state: 'proven', rows: [2, 9] });
  });

  it('is proven on the rows of an example of one', async () => {
    const row = {
      elementType: 'float',
      dims: [1, 40],
      data: Float32Array.from({ length: 40 }, (_, index) => index),
    } as const;
    const proven = await prove(denseLayers(join(folder, 'model.onnx')), { example: new Map([['x', row]]) });
    assert.equal(proven.state, 'proven');
  });

  it('stays within the bound of the rows', async () => {
    const model = denseLayers(join(folder, 'model.onnx'));
    assert.deepEqual(await prove(model, { bounds: { batch: 4 } }), { state: 'proven', rows: [2] });
    assert.equal((await prove(model, { bounds: { batch: 1 } })).state, 'off');
  });

  it('runs no row by itself that no batch has', async () => {
    const rows: number[] = [];
    const ask = (async (_verb, { feeds }: { feeds: TensorValues }) => {
      rows.push(feeds.get('x')?.dims[0] ?? 0);
      return { outcome: 'ok', value: { outputs: [], values: feeds } };
    }) as RuntimeChild['ask'];
    const port = { name: 'x', elementType: 'float', shape: ['batch', 2] } as const;
    const proven = await proveBatching(
      { ask, log: () => '' },
      {
        model: saveModel(join(folder, 'model.onnx'), {
          nodes: [node('Identity', ['x'], ['y'])],
          inputs: [value('x', 'float', ['batch', 2])],
          outputs: [value('y', 'float', ['batch', 2])],
        }),
        session: 'shipped',
        signature: { inputs: [port], outputs: [port] },
        feeds: new Map([['x', { elementType: 'float', dims: [1, 2], data: Float32Array.of(16, -32) }]]),
        bounds: { batch: 4 },
      },
    );
    assert.deepEqual(proven, { state: 'proven', rows: [2] });
    assert.deepEqual(rows, [1, 1, 2]);
  });

  it('is not proven by rows that are all the same', async () => {
    const row = { elementType: 'float', dims: [1, 40], data: new Float32Array(40) } as const;
    const found = await prove(denseLayers(join(folder, 'model.onnx')), { example: new Map([['x', row]]) });
    assert.deepEqual(found, { state: 'off', why: 'its rows could not be varied, so that nothing would be proven' });
  });

  it('is off for a model that sorts its rows, also where those of its example fall', async () => {
    const model = saveModel(join(folder, 'model.onnx'), {
      nodes: [
        node('ReduceSum', ['x', 'columns'], ['sums']),
        node('Shape', ['x'], ['rows'], { attributes: { end: 1n } }),
        node('TopK', ['sums', 'rows'], ['y', 'places'], { attributes: { axis: 0n } }),
      ],
      inputs: [value('x', 'float', ['n', 3])],
      outputs: [value('y', 'float', ['n', 1])],
      initializers: [integers('columns', [1], [1n])],
    });
    const row = { elementType: 'float', dims: [1, 3], data: Float32Array.of(1, 2, 3) } as const;
    const found = await prove(model, { example: new Map([['x', row]]) });
    assert.deepEqual(found, {
      state: 'off',
      why: 'a row is answered differently in a batch of 9 rows than by itself',
    });
  });

  it('is proven for a model that only counts its rows', async () => {
    const model = saveModel(join(folder, 'model.onnx'), {
      ...add,
      nodes: [
        node('Shape', ['a'], ['sizes']),
        node('ConstantOfShape', ['sizes'], ['zeros']),
        node('ReduceMax', ['zeros'], ['zero'], { attributes: { keepdims: 0n } }),
        node('Add', ['a', 'b'], ['s']),
        node('Add', ['s', 'zero'], ['y']),
      ],
    });
    assert.equal((await prove(model)).state, 'proven');
  });

  for (const [title, parts, why] of off) {
    it(`is off for a model that ${title}`, async () => {
      const found = await prove(saveModel(join(folder, 'model.onnx'), parts));
      assert.equal(found.state, 'off');
      assert.match(found.why, why);
    });
  }

  it('is proven for a model with weights that are added to every row', async () => {
    const model = saveModel(join(folder, 'model.onnx'), {
      ...add,
      nodes: [node('Add', ['a', 'w'], ['s']), node('Add', ['s', 'b'], ['y'])],
      initializers: [floats('w', [3], (index) => index)],
    });
    assert.equal((await prove(model)).state, 'proven');
  });
});

describe('Rows that are made of few', () => {
  it('differ, by a change that keeps them valid', () => {
    const varied = varyRows(
      new Map([
        ['numbers', { elementType: 'float', dims: [1, 2], data: Float32Array.of(16, -32) }],
        ['tokens', { elementType: 'int64', dims: [1, 3], data: BigInt64Array.of(1n, 2n, 3n) }],
        ['text', { elementType: 'string', dims: [1], data: ['abc'] }],
      ]),
      3,
    );
    assert.equal(varied?.isVaried, true);
    assert.deepEqual(
      [...(varied?.feeds.values() ?? [])].map(({ data }) => Array.from(data as ArrayLike<unknown>)),
      [
        [16, -32, 14, -28, 15, -30],
        [1n, 2n, 3n, 3n, 1n, 2n, 2n, 3n, 1n],
        ['abc', 'a', 'ab'],
      ],
    );
  });

  it('cannot be made of none', () => {
    assert.equal(varyRows(new Map([['x', { elementType: 'float', dims: [0], data: new Float32Array() }]]), 2), null);
  });
});
