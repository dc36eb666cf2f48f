import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import type { Tensor } from '../../../src/onnx/model.ts';
import { readModel } from '../../../src/onnx/read-model.ts';
import { summariseModel } from '../../../src/validate/summary/summarise-model.ts';
import { fn, graph, model, node, weight } from '../../support/model-builder.ts';

const CORPUS = new URL('../../../../shared/corpus/', import.meta.url).pathname;
const EXTERNAL: Partial<Tensor> = { data: { kind: 'external', location: 'w.data', offset: 0 } };

describe('summariseModel', () => {
  it('gives weights to the operator that meets data with them, through what only reshapes them', () => {
    const { operators } = summariseModel(
      model({
        inputs: ['float[N,4] x'],
        outputs: ['float[N,3] y', 'float[5] z'],
        initializers: [
          weight('int8[4,3] quantized'),
          weight('float[] scale'),
          weight('float[3] bias'),
          weight('float[5] z'),
        ],
        nodes: [
          node('w = DequantizeLinear(quantized, scale)'),
          node('t = Identity(w)'),
          node('b = Constant()', { value: weight('float[3] value') }),
          node('m = MatMul(x, t)'),
          node('n = Add(m, bias)'),
          node('y = Add(n, b)'),
        ],
      }),
    );
    assert.deepEqual(operators.parameters, { 'ai.onnx:MatMul': 13, 'ai.onnx:Add': 6 });
    assert.equal(operators.parametersWithoutOperator, 5);
    assert.deepEqual(Object.entries(operators.counts)[0], ['ai.onnx:Add', 2]);
  });

  it('gives weights of the outer graph to the operator inside a subgraph that reads them', () => {
    const { operators, model: facts } = summariseModel(
      model({
        inputs: ['float[2] x', 'bool[] c'],
        outputs: ['float[2] y'],
        initializers: [weight('float[2] w')],
        nodes: [
          node('y = If(c)', {
            then_branch: graph({ outputs: ['float[2] t'], nodes: [node('t = Mul(x, w)')] }),
            else_branch: graph({ outputs: ['float[2] e'], nodes: [node('e = Identity(x)')] }),
          }),
        ],
      }),
    );
    assert.deepEqual(operators.parameters, { 'ai.onnx:Mul': 2 });
    assert.deepEqual([facts.subgraphDepth, facts.nodes], [1, 3]);
  });

  it('counts a shared weight once', () => {
    const { operators, model: facts } = summariseModel(
      model({
        inputs: ['float[4] x'],
        outputs: ['float[4] y'],
        initializers: [weight('float[4] w')],
        nodes: [node('m = Mul(x, w)'), node('y = Add(m, w)')],
      }),
    );
    assert.deepEqual(operators.parameters, { 'ai.onnx:Mul': 4 });
    assert.equal(facts.parameters, 4);
  });

  it('knows where weights stand and how large they are, without their files', () => {
    const { weights } = summariseModel(
      model({
        opsets: { 'ai.onnx': 21, 'ai.onnx.ml': 3 },
        inputs: ['float[N,8] x'],
        outputs: ['float[N,1] y'],
        initializers: [weight('float16[100,10] w', EXTERNAL), weight('int4[3] q'), weight('string[2] labels')],
        nodes: [node('y = ai.onnx.ml.LinearRegressor(x)', { coefficients: [0.5, 1.5, 2.5] })],
      }),
    );
    assert.deepEqual(weights.byType, [
      { datatype: 'float16', tensors: 1, parameters: 1000, bytes: 2000 },
      { datatype: 'float', tensors: 1, parameters: 3, bytes: 12 },
      { datatype: 'int4', tensors: 1, parameters: 3, bytes: 2 },
      { datatype: 'string', tensors: 1, parameters: 2, bytes: null },
    ]);
    assert.deepEqual(weights.byStorage, { external: 2000, raw: 2, 'typed-list': 0, 'attribute-list': 12 });
    assert.deepEqual(weights.largest[0], {
      name: 'w',
      graph: '',
      datatype: 'float16',
      dims: [100, 10],
      bytes: 2000,
      storage: 'external',
    });
  });

  it('shows the signature as clients see it', () => {
    const { model: facts } = summariseModel(
      model({
        opsets: { 'ai.onnx': 17, acme: 2 },
        inputs: ['float[batch,?,3] x', 'float[4] w', 'int64 any'],
        outputs: ['float[batch] y', 'seq(map(int64,float)) maps'],
        initializers: [weight('float[4] w')],
        functions: [fn('y = acme.Twice(x)', [node('y = Add(x, x)')])],
        producerName: 'pytorch',
      }),
    );
    assert.deepEqual(facts.inputs, [
      { name: 'x', datatype: 'float', shape: ['batch', null, 3], optional: false },
      { name: 'w', datatype: 'float', shape: [4], optional: true },
      { name: 'any', datatype: 'int64', shape: null, optional: false },
    ]);
    assert.deepEqual(facts.outputs[1], { name: 'maps', datatype: 'seq(map(int64, float))', shape: null });
    assert.deepEqual(facts.dynamicDimensions, [
      {
        symbol: 'batch',
        places: [
          { port: 'x', axis: 0 },
          { port: 'y', axis: 0 },
        ],
      },
      { symbol: null, places: [{ port: 'x', axis: 1 }] },
    ]);
    assert.deepEqual(facts.opsets, { 'ai.onnx': 17, acme: 2 });
    assert.equal(facts.producer, 'pytorch');
    assert.deepEqual(facts.functions, [{ name: 'Twice', domain: 'acme', overload: '', nodes: 1 }]);
    assert.equal(facts.digest, null);
  });

  it('accounts for every parameter of every model in the corpus', function () {
    if (!existsSync(`${CORPUS}INDEX.tsv`)) return this.skip();
    const [, ...rows] = readFileSync(`${CORPUS}INDEX.tsv`, 'utf8').trim().split('\n');
    const paths = rows
      .map((row) => row.split('\t')[0] ?? '')
      .filter((path) => path.startsWith('models/') && path.endsWith('.onnx'));
    assert.notEqual(paths.length, 0);
    for (const path of paths.filter((name) => existsSync(CORPUS + name))) {
      const { model: facts, operators } = summariseModel(readModel(CORPUS + path));
      const held = Object.values(operators.parameters).reduce((sum, count) => sum + count, 0);
      assert.equal(held + operators.parametersWithoutOperator, facts.parameters, path);
      assert.equal(
        Object.values(operators.counts).reduce((sum, count) => sum + count, 0),
        facts.nodes,
        path,
      );
    }
  });
});
