import { model, node, weight } from './model-builder.ts';

/**
 * As the first stage of a residual network: the shortcut makes an image as large as the one that was freed last, and fills its gap if it is
 * run before the other branch.
 */
export const STAGE = model({
  opsets: { 'ai.onnx': 17, 'com.microsoft': 1 },
  inputs: ['float[N,3,64,64] x'],
  outputs: ['float[N,256,1,1] y'],
  nodes: [
    node('stem = Conv(x, w0)', { pads: [1, 1, 1, 1] }),
    node('pooled = MaxPool(stem)', { kernel_shape: [2, 2], strides: [2, 2] }),
    node('narrow = Conv(pooled, w1)'),
    node('looked = Conv(narrow, w2)', { pads: [1, 1, 1, 1] }),
    node('shortcut = Conv(pooled, w3)'),
    node('joined = com.microsoft.FusedConv(looked, w3, b3, shortcut)', { activation: 'Relu' }),
    node('y = GlobalAveragePool(joined)'),
  ],
  initializers: [
    ...'float[64,3,3,3] w0|float[64,64,1,1] w1|float[64,64,3,3] w2|float[256,64,1,1] w3|float[256] b3'
      .split('|')
      .map((text) => weight(text, { data: { kind: 'none' } })),
  ],
});
