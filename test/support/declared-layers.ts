import { model, node, weight } from './model-builder.ts';

const integers = (text: string, ...values: readonly bigint[]) =>
  weight(text, { data: { kind: 'memory', bytes: new Uint8Array(BigInt64Array.from(values).buffer) } });
const ROWS = integers('int64[2] rows', -1n, 8n);
const FIRST = integers('int64[1] first', 0n);

/** Two wide values with another one as large, of another rank, between them, over rows that the runtime does not count by itself. */
export function layers(...valueInfos: readonly string[]) {
  return model({
    opsets: { 'ai.onnx': 17 },
    inputs: ['float[batch, length, 8] x'],
    outputs: ['float[?, 8] y'],
    nodes: [
      node('a = Reshape(x, rows)'),
      node('wide = MatMul(a, up)'),
      node('b = MatMul(wide, down)'),
      node('deep = Unsqueeze(b, first)'),
      node('other = MatMul(deep, up)'),
      node('flat = MatMul(other, down)'),
      node('c = Squeeze(flat, first)'),
      node('again = MatMul(c, up)'),
      node('y = MatMul(again, down)'),
    ],
    initializers: [ROWS, FIRST, weight('float[8, 64] up'), weight('float[64, 8] down')],
    valueInfos,
  });
}

export const DECLARED = layers('float[batch*length, 64] wide', 'float[batch*length, 64] again');
