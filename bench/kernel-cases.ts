import type { Tensor } from '../src/onnx/model.ts';
import { type AttributeParts, weight } from '../test/support/model-builder.ts';

/** One kernel with inputs that are large enough for its blocks to be told apart. */
export interface KernelCase {
  /** As `node` of the model builder reads it. */
  readonly node: string;
  readonly attributes?: AttributeParts;
  readonly inputs: readonly string[];
  readonly weights?: readonly Tensor[];
  /** Of the standard's domain; 20 if not given. */
  readonly opset?: number;
  /** Inputs whose values differ, and up to which number. */
  readonly upTo?: Readonly<Record<string, number>>;
  /** The kernel makes room that it does not write to: what counts is what it touches. */
  readonly makesSpareRoom?: true;
}

const integers = (name: string, ...values: readonly number[]): Tensor =>
  weight(`int64[${values.length}] ${name}`, { data: memory(BigInt64Array.from(values.map(BigInt))) });

const integer = (name: string, value: number): Tensor =>
  weight(`int64[] ${name}`, { data: memory(BigInt64Array.of(BigInt(value))) });

function memory(values: BigInt64Array | Float32Array) {
  return { kind: 'memory' as const, bytes: new Uint8Array(values.buffer) };
}

/** Fourier transforms, by number of points: powers of two go another way than others. */
const fourier = (batch: number, points: number, parts: number, attributes: AttributeParts = {}): KernelCase => ({
  node: 'y = DFT(x, , axis)',
  attributes,
  inputs: [`float[${batch}, ${points}, ${parts}] x`],
  weights: [integer('axis', 1)],
});

const shortTime = (batch: number, samples: number, frame: number, step: number): KernelCase => ({
  node: 'y = STFT(x, step, window, frame)',
  inputs: [`float[${batch}, ${samples}, 1] x`, `float[${frame}] window`],
  weights: [integer('step', step), integer('frame', frame)],
});

const columns = (batch: number, channels: number, side: number, window: number): KernelCase => ({
  node: 'y = Col2Im(x, image, block)',
  inputs: [`float[${batch}, ${channels * window ** 2}, ${(side - window + 1) ** 2}] x`],
  weights: [integers('image', side, side), integers('block', window, window)],
});

const crop = (dims: readonly number[], to: readonly number[]): KernelCase => ({
  node: 'y = CenterCropPad(x, to)',
  inputs: [`float[${dims.join(', ')}] x`],
  weights: [integers('to', ...to)],
});

const heads = (batch: number, length: number, width: number, count: number): readonly KernelCase[] => [
  {
    node: 'y = com.microsoft.Attention(x, w, b)',
    attributes: { num_heads: count },
    inputs: [`float[${batch}, ${length}, ${width}] x`, `float[${width}, ${3 * width}] w`, `float[${3 * width}] b`],
  },
  {
    node: 'y = com.microsoft.MultiHeadAttention(q, k, v)',
    attributes: { num_heads: count },
    inputs: ['q', 'k', 'v'].map((name) => `float[${batch}, ${length}, ${width}] ${name}`),
  },
  {
    node: 'y = com.microsoft.MultiHeadAttention(q, k, v, b)',
    attributes: { num_heads: count },
    inputs: [...['q', 'k', 'v'].map((name) => `float[${batch}, ${length}, ${width}] ${name}`), `float[${3 * width}] b`],
  },
  {
    node: 'y = com.microsoft.MultiHeadAttention(q, k, v, , , b)',
    attributes: { num_heads: count },
    inputs: [
      ...['q', 'k', 'v'].map((name) => `float[${batch}, ${length}, ${width}] ${name}`),
      `float[1, ${count}, ${length}, ${length}] b`,
    ],
  },
  {
    node: 'y = com.microsoft.Attention(x, w, b)',
    attributes: { num_heads: count, unidirectional: 1 },
    inputs: [`float[${batch}, ${length}, ${width}] x`, `float[${width}, ${3 * width}] w`, `float[${3 * width}] b`],
  },
  {
    node: 'y = com.microsoft.Attention(x, w, b, m)',
    attributes: { num_heads: count },
    inputs: [
      ...[`float[${batch}, ${length}, ${width}] x`, `float[${width}, ${3 * width}] w`, `float[${3 * width}] b`],
      `int32[${batch}, ${length}] m`,
    ],
  },
  {
    node: 'y = com.microsoft.MultiHeadAttention(q, k, v, , m)',
    attributes: { num_heads: count },
    inputs: [
      ...['q', 'k', 'v'].map((name) => `float[${batch}, ${length}, ${width}] ${name}`),
      `int32[${batch}, ${length}] m`,
    ],
  },
  {
    node: 'y = com.microsoft.MultiHeadAttention(q, k, v)',
    attributes: { num_heads: count, unidirectional: 1 },
    inputs: ['q', 'k', 'v'].map((name) => `float[${batch}, ${length}, ${width}] ${name}`),
  },
];

/** Gates are the same for all rows, so that all go to the same experts: the first of each half, and so of different threads. */
const experts = (
  [rows, width, inner]: readonly [number, number, number],
  [count, chosen]: readonly [number, number],
  attributes: AttributeParts = {},
): KernelCase => ({
  node: 'y = com.microsoft.MoE(x, gates, one, , two)',
  attributes: { k: chosen, activation_type: 'relu', ...attributes },
  makesSpareRoom: true,
  inputs: [
    `float[${rows}, ${width}] x`,
    `float[${count}, ${inner}, ${width}] one`,
    `float[${count}, ${width}, ${inner}] two`,
  ],
  weights: [
    weight(`float[${rows}, ${count}] gates`, {
      data: memory(Float32Array.from({ length: rows * count }, (_, at) => Number(at % (count / 2) === 0))),
    }),
  ],
});

export const KERNEL_CASES: readonly KernelCase[] = [
  fourier(4, 65536, 1),
  fourier(1, 262144, 1),
  fourier(4, 65536, 2),
  fourier(16, 4096, 2),
  fourier(4, 65536, 1, { onesided: 1 }),
  fourier(4, 60000, 1),
  fourier(1, 200000, 2),
  fourier(4, 60000, 2, { inverse: 1 }),
  { ...fourier(32768, 64, 1), weights: [integer('axis', 0)] },
  { ...fourier(30000, 64, 1), weights: [integer('axis', 0)] },
  fourier(2, 60000, 1, { onesided: 1 }),
  fourier(2, 65536, 2, { inverse: 1 }),
  {
    node: 'y = DFT(x, points, axis)',
    attributes: { onesided: 1 },
    inputs: ['float[1, 1000, 1] x'],
    weights: [integer('axis', 1), integer('points', 200_000)],
  },
  shortTime(1, 160000, 1024, 256),
  shortTime(8, 160000, 512, 128),
  shortTime(4, 160000, 400, 160),
  shortTime(1, 400000, 65536, 30000),
  shortTime(1, 400000, 60000, 30000),
  columns(1, 64, 128, 3),
  columns(4, 64, 128, 3),
  columns(4, 16, 64, 5),
  crop([8, 3, 256, 256], [8, 3, 224, 224]),
  crop([8, 3, 256, 256], [8, 3, 300, 300]),
  crop([8, 3, 256, 256], [8, 3, 300, 224]),
  ...heads(4, 512, 256, 4),
  ...heads(8, 128, 512, 8),
  experts([1024, 256, 1024], [8, 2]),
  experts([4096, 128, 512], [4, 1]),
  experts([2048, 256, 512], [8, 2], { normalize_routing_weights: 1 }),
  experts([2048, 512, 64], [8, 2]),
  {
    node: 'y = com.microsoft.CDist(a, b)',
    attributes: { metric: 'euclidean' },
    inputs: ['float[1000, 64] a', 'float[1500, 64] b'],
  },
  { node: 'y = com.microsoft.Inverse(a)', inputs: ['float[16, 200, 200] a'] },
  {
    node: 'y = com.microsoft.UnfoldTensor(a)',
    attributes: { dim: 1, size: 8, step: 4 },
    inputs: ['float[16, 20000] a'],
  },
  { node: 'y = com.microsoft.GatherND(a, i)', inputs: ['float[64, 4000] a', 'int64[500, 1] i'] },
  {
    node: 'y = com.microsoft.MaxpoolWithMask(a, m)',
    attributes: { kernel_shape: [3, 3] },
    inputs: ['float[2, 16, 128, 128] a', 'int32[2, 16, 128, 128] m'],
  },
];
