import assert from 'node:assert/strict';
import { turnedImageBytes } from '../../../src/validate/memory/turned-images.ts';
import { sizesOf } from '../../../src/validate/memory/value-sizes.ts';
import { inferShapes } from '../../../src/validate/shapes/infer-shapes.ts';
import { model, node, weight } from '../../support/model-builder.ts';

const PARTS = 's, z, w, s, wz, s, z';
const CONVOLUTION = (made: string, of: string) => node(`${made} = QLinearConv(${of}, ${PARTS})`);
const MORE = {
  opsets: { 'ai.onnx': 21, 'com.microsoft': 1 },
  initializers: [weight('float[] s'), weight('uint8[] z'), weight('int8[] wz'), weight('int8[8, 8, 1, 1] w')],
};

function turned(nodes: readonly ReturnType<typeof node>[], outputs: readonly string[]): number {
  const built = model({ ...MORE, inputs: ['uint8[2, 8, 32, 32] x'], outputs, nodes });
  return turnedImageBytes(built.graph, sizesOf(inferShapes(built), undefined));
}

describe('Images that may be turned channels-last', () => {
  const bytes = 2 * 8 * 32 * 32;

  it('are those beside what is no quantized convolution or sum', () => {
    const floating = [CONVOLUTION('a', 'x'), node('y = DequantizeLinear(a, s, z)')];
    assert.equal(turned(floating, ['float[2, 8, 32, 32] y']), bytes);
    assert.equal(turned([node('a = Relu(x)')], ['uint8[2, 8, 32, 32] a']), 0);
  });

  it('are none between two of them', () => {
    const small = node('p = MaxPool(x)', { kernel_shape: [4, 4], strides: [4, 4] });
    const sum = node('c = com.microsoft.QLinearAdd(b, s, z, a, s, z, s, z)');
    const chain = [small, CONVOLUTION('a', 'p'), CONVOLUTION('b', 'a'), sum, CONVOLUTION('y', 'c')];
    assert.equal(turned(chain, ['uint8[2, 8, 8, 8] y']), bytes / 16);
  });
});
