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
    assert.deepEqual(listWeightsOf(flat), {
      bytes: 2 * 100 * (8 + 56),
      scatteredBytes: 3 * 100 * 56,
      treeNodes: 100,
      makingBytes: 0,
    });
  });

  it('counts leaves of trees where they stand apart, and are joined with the nodes, and tensors by their elements', () => {
    const apart = node('y = ai.onnx.ml.TreeEnsemble(x)', {
      nodes_featureids: ints(70),
      nodes_splits: weight('float[70] splits'),
      leaf_targetids: ints(80),
    });
    assert.deepEqual(listWeightsOf(apart), {
      bytes: 2 * (70 * 8 + 70 * 4 + 80 * 8) + 150 * 14,
      scatteredBytes: 0,
      treeNodes: 150,
      makingBytes: 80 * (28 + 24) + 128 * 16 + 150 * 9,
    });
  });

  it('takes for each weight of a leaf, while the kernel is made, a copy, a place in order and one in a list that doubles', () => {
    const making = (weights: number): number =>
      listWeightsOf(
        node('y, z = ai.onnx.ml.TreeEnsembleClassifier(x)', { nodes_featureids: ints(100), class_ids: ints(weights) }),
      ).makingBytes;
    assert.equal(making(1024), 1024 * (28 + 24 + 16));
    assert.equal(making(1100), 1100 * (28 + 24) + 2048 * 16);
  });

  it('is held once more by kernels that keep it as it is', () => {
    const machine = node('y = ai.onnx.ml.SVMRegressor(x)', { support_vectors: new Array<number>(1000).fill(0.5) });
    assert.deepEqual(listWeightsOf(machine), { bytes: 3 * 1000 * 4, scatteredBytes: 0, treeNodes: 0, makingBytes: 0 });
  });

  it('is nothing for the short lists that nodes have anyway', () => {
    assert.deepEqual(listWeightsOf(node('y = Conv(x, w)', { pads: [1, 1, 1, 1] })), {
      bytes: 0,
      scatteredBytes: 0,
      treeNodes: 0,
      makingBytes: 0,
    });
  });
});
