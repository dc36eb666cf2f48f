import { ok } from 'node:assert/strict';
import { dependsOnData } from '../../../src/validate/memory/depends-on-data.ts';
import { type ModelParts, model, node } from '../../support/model-builder.ts';

const EXPERTS: ModelParts = {
  opsets: { 'ai.onnx': 20, 'com.microsoft': 1 },
  nodes: [node('y = com.microsoft.MoE(x, gates, one, , two)', { k: 1 })],
  inputs: ['float[n, 8] x', 'float[n, 4] gates', 'float[4, 16, 8] one', 'float[4, 8, 16] two'],
  outputs: ['float[n, 8] y'],
};

describe('Whether data decide how much of a plan is taken', () => {
  it('is so where the size of a value does', () => {
    ok(dependsOnData(model({ nodes: [node('y = NonZero(x)')], inputs: ['float[n] x'] }), new Map([['n', 4]])));
  });

  it('is so where a kernel takes what they make it, and its outputs do not tell', () => {
    ok(dependsOnData(model(EXPERTS), new Map([['n', 4]])));
  });

  it('is not so for a graph whose shapes say all', () => {
    ok(!dependsOnData(model({ nodes: [node('y = Relu(x)')], inputs: ['float[n] x'] }), new Map([['n', 4]])));
  });
});
