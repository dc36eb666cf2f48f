import assert from 'node:assert/strict';
import { listWeightsOf } from '../../../src/validate/memory/list-weights.ts';
import { node, weight } from '../../support/model-builder.ts';

const ints = (count: number) => new Array<number>(count).fill(1);

describe('What stands in lists of attributes', () => {
  it('is held twice for trees, of which each node and leaf counts', () => {
    const flat = node('y = ai.onnx.ml.TreeEnsembleRegressor(x)', {
      nodes_featureids: ints(100),
      nodes_modes: new Array<string>(100).fill('LEAF'),
    });
    assert.deepEqual(listWeightsOf(flat), { bytes: 2 * 100 * (8 + 56), treeNodes: 100 });
  });

  it('counts leaves of trees where they stand apart, and tensors by their elements', () => {
    const apart = node('y = ai.onnx.ml.TreeEnsemble(x)', {
      nodes_featureids: ints(70),
      nodes_splits: weight('float[70] splits'),
      leaf_targetids: ints(80),
    });
    assert.deepEqual(listWeightsOf(apart), { bytes: 2 * (70 * 8 + 70 * 4 + 80 * 8), treeNodes: 150 });
  });

  it('is held once more by kernels that keep it as it is', () => {
    const machine = node('y = ai.onnx.ml.SVMRegressor(x)', { support_vectors: new Array<number>(1000).fill(0.5) });
    assert.deepEqual(listWeightsOf(machine), { bytes: 3 * 1000 * 4, treeNodes: 0 });
  });

  it('is nothing for the short lists that nodes have anyway', () => {
    assert.deepEqual(listWeightsOf(node('y = Conv(x, w)', { pads: [1, 1, 1, 1] })), { bytes: 0, treeNodes: 0 });
  });
});
