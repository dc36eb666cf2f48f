import assert from 'node:assert/strict';
import type { Model } from '../../../src/onnx/model.ts';
import { diffModels } from '../../../src/validate/summary/diff-models.ts';
import { model, node, weight } from '../../support/model-builder.ts';

const bytes = (length: number, fill: number) => ({
  data: { kind: 'memory', bytes: new Uint8Array(length).fill(fill) } as const,
});

function sample(parts: Parameters<typeof model>[0] = {}): Model {
  return model({
    inputs: ['float[batch,4] x'],
    outputs: ['float[batch,4] y'],
    initializers: [weight('float[4,4] w', bytes(64, 1))],
    nodes: [node('m = MatMul(x, w)', {}, { name: 'dense' }), node('y = LeakyRelu(m)', { alpha: 0.5 })],
    ...parts,
  });
}

describe('diffModels', () => {
  const signatures: readonly {
    readonly title: string;
    readonly before?: Parameters<typeof model>[0];
    readonly after: Parameters<typeof model>[0];
    readonly wanted: readonly (readonly [string, string, boolean])[];
  }[] = [
    {
      title: 'an input that is gone',
      before: { inputs: ['float[N] a', 'float[N] b'] },
      after: { inputs: ['float[N] a'] },
      wanted: [['b', 'removed', true]],
    },
    {
      title: 'a further input',
      before: { inputs: ['float[N] a'] },
      after: { inputs: ['float[N] a', 'float[N] b'] },
      wanted: [['b', 'added', true]],
    },
    {
      title: 'a further input with a default',
      before: { inputs: ['float[4] a'], initializers: [weight('float[4] b')] },
      after: { inputs: ['float[4] a', 'float[4] b'], initializers: [weight('float[4] b')] },
      wanted: [['b', 'added', false]],
    },
    {
      title: 'a default that is gone',
      before: { inputs: ['float[4] a'], initializers: [weight('float[4] a')] },
      after: { inputs: ['float[4] a'], initializers: [] },
      wanted: [['a', 'default', true]],
    },
    {
      title: 'another type',
      before: { inputs: ['float[N] a'] },
      after: { inputs: ['double[N] a'] },
      wanted: [['a', 'type', true]],
    },
    {
      title: 'an input that is opened',
      before: { inputs: ['float[1] a'] },
      after: { inputs: ['float[N] a'] },
      wanted: [['a', 'shape', false]],
    },
    {
      title: 'an input that is fixed',
      before: { inputs: ['float[N] a'] },
      after: { inputs: ['float[1] a'] },
      wanted: [['a', 'shape', true]],
    },
    {
      title: 'an output that is opened',
      before: { outputs: ['float[1] a'] },
      after: { outputs: ['float[N] a'] },
      wanted: [['a', 'shape', true]],
    },
    {
      title: 'an output that is fixed',
      before: { outputs: ['float[N] a'] },
      after: { outputs: ['float[1] a'] },
      wanted: [['a', 'shape', false]],
    },
    {
      title: 'another rank',
      before: { inputs: ['float[N] a'] },
      after: { inputs: ['float[N,1] a'] },
      wanted: [['a', 'shape', true]],
    },
    {
      title: 'another symbol',
      before: { inputs: ['float[N] a'] },
      after: { inputs: ['float[M] a'] },
      wanted: [['a', 'shape', false]],
    },
    {
      title: 'an input of no fixed rank any more',
      before: { inputs: ['float[N] a'] },
      after: { inputs: ['float a'] },
      wanted: [['a', 'shape', false]],
    },
    {
      title: 'an output that is gone',
      before: { outputs: ['float[N] a', 'float[N] b'] },
      after: { outputs: ['float[N] a'] },
      wanted: [['b', 'removed', true]],
    },
    {
      title: 'a further output',
      before: { outputs: ['float[N] a'] },
      after: { outputs: ['float[N] a', 'float[N] b'] },
      wanted: [['b', 'added', false]],
    },
    {
      title: 'another order',
      before: { outputs: ['float[N] a', 'float[N] b'] },
      after: { outputs: ['float[N] b', 'float[N] a'] },
      wanted: [['', 'order', false]],
    },
  ];
  for (const { title, before = {}, after, wanted } of signatures) {
    it(`judges ${title} by what a client of the old model makes of it`, () => {
      const { signature, breaking } = diffModels(model(before), model(after));
      assert.deepEqual(
        signature.map((change) => [change.name, change.kind, change.breaking]),
        wanted,
      );
      assert.equal(
        breaking,
        wanted.some(([, , isBreaking]) => isBreaking),
      );
    });
  }

  it('finds nothing between equal models', () => {
    const difference = diffModels(sample(), sample());
    assert.equal(difference.same, true);
    assert.deepEqual([difference.weights.same, difference.nodes.same], [1, 2]);
  });

  const weights: readonly {
    readonly title: string;
    readonly after: ReturnType<typeof weight>;
    readonly wanted: object;
  }[] = [
    {
      title: 'other content',
      after: weight('float[4,4] w', bytes(64, 2)),
      wanted: { changed: [{ name: 'w', what: 'content' }] },
    },
    {
      title: 'other dimensions',
      after: weight('float[2,8] w', bytes(64, 1)),
      wanted: { changed: [{ name: 'w', what: 'dimensions' }] },
    },
    {
      title: 'another type',
      after: weight('int32[4,4] w', bytes(64, 1)),
      wanted: { changed: [{ name: 'w', what: 'type' }] },
    },
    {
      title: 'another name',
      after: weight('float[4,4] v', bytes(64, 1)),
      wanted: { renamed: [{ from: 'w', to: 'v' }] },
    },
    {
      title: 'another name and content',
      after: weight('float[4,4] v', bytes(64, 2)),
      wanted: { added: ['v'], removed: ['w'] },
    },
  ];
  for (const { title, after, wanted } of weights) {
    it(`tells a weight of ${title}`, () => {
      const { weights: found, same } = diffModels(sample(), sample({ initializers: [after] }));
      const none = { changed: [], added: [], removed: [], renamed: [] };
      assert.deepEqual(found, { same: 0, ...none, ...wanted });
      assert.equal(same, false);
    });
  }

  it('names the attributes and operators that changed', () => {
    const nodes = [node('m = MatMul(x, w)', {}, { name: 'dense' }), node('y = LeakyRelu(m)', { alpha: 0.25 })];
    const difference = diffModels(sample(), sample({ nodes, opsets: { 'ai.onnx': 22 } }));
    assert.deepEqual(difference.nodes.changed, [
      { node: 'LeakyRelu of y', operator: 'ai.onnx:LeakyRelu', what: ['alpha'] },
    ]);
    assert.deepEqual(difference.facts, [{ what: 'opset ai.onnx', from: 21, to: 22 }]);
    assert.deepEqual(difference.operators, []);
  });

  it('counts operators that came and went', () => {
    const nodes = [node('m = MatMul(x, w)', {}, { name: 'dense' }), node('y = Relu(m)')];
    const difference = diffModels(sample(), sample({ nodes }));
    assert.deepEqual(difference.operators, [
      { name: 'ai.onnx:LeakyRelu', from: 1, to: 0 },
      { name: 'ai.onnx:Relu', from: 0, to: 1 },
    ]);
    assert.deepEqual(difference.nodes.added, ['Relu of y']);
  });
});
