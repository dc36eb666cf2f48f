import assert from 'node:assert/strict';
import type { Graph } from '../../../src/onnx/model.ts';
import { graphBytes } from '../../../src/validate/memory/graph-bytes.ts';
import { graph, node, weight } from '../../support/model-builder.ts';

describe('What the runtime keeps of a graph', () => {
  const bare = graph({ inputs: ['float[] x'], outputs: ['float[] y'], nodes: [node('y = Neg(x)')] });

  it('is so much for each node', () => {
    const two = graph({
      inputs: ['float[] x'],
      outputs: ['float[] y'],
      nodes: [node('n = Neg(x)'), node('y = Neg(n)')],
    });
    assert.equal(graphBytes(bare, 3000), 3000);
    assert.equal(graphBytes(two, 3000), 6000);
  });

  it('is more for attributes and weights, each alike', () => {
    const nodes = [node('y = Gemm(x, w, b)', { alpha: 0.5, transB: 1 })];
    const full = graph({
      inputs: ['float[1, 2] x'],
      outputs: ['float[1, 3] y'],
      nodes,
      initializers: [weight('float[3, 2] w'), weight('float[3] b')],
    });
    const more = graphBytes(full, 3000) - graphBytes(bare, 3000);
    assert.equal(more, 4 * 1450);
  });

  it('counts graphs within it, the attributes that hold them, and what every node around a node keeps of it', () => {
    const around = (inner: Graph) =>
      graph({
        inputs: ['bool[] c'],
        outputs: ['float[] y'],
        nodes: [node('y = If(c)', { then_branch: inner, else_branch: inner })],
      });
    const once = around(bare);
    assert.equal(graphBytes(once, 3000), 3 * 3000 + 2 * 1450 + 2 * 9000 + 2 * 350);
    // Seven nodes and six attributes: four nodes lie within two others.
    assert.equal(graphBytes(around(once), 3000), 7 * 3000 + 6 * 1450 + 6 * 9000 + (2 * (3 + 2) + 2 * 2) * 350);
  });
});
