import type { Tensor } from '../src/onnx/model.ts';
import { type AttributeParts, weight } from '../test/support/model-builder.ts';
import type { KernelCase } from './kernel-cases.ts';

const of = (node: string, inputs: readonly string[], more: Omit<KernelCase, 'node' | 'inputs'> = {}): KernelCase => ({
  node,
  inputs,
  ...more,
});

const held = (typed: string, values: ArrayBufferView): Tensor =>
  weight(typed, { data: { kind: 'memory', bytes: new Uint8Array(values.buffer as ArrayBuffer) } });
const scale = (name: string, value: number) => held(`float[] ${name}`, Float32Array.of(value));
const zero = (name: string) => held(`uint8[] ${name}`, Uint8Array.of(3));

/** Scales and zero points of what is named. */
const scales = (...names: readonly string[]): { weights: readonly Tensor[] } => ({
  weights: names.flatMap((name) => [scale(`${name}s`, 0.1), zero(`${name}z`)]),
});

const HELD = { a: 'as, az', b: 'bs, bz', y: 'ys, yz' };

/** A machine that tells classes apart by `each` support vectors of each. */
const machine = (classes: number, each: number, more: AttributeParts = {}): KernelCase =>
  of('c, y = ai.onnx.ml.SVMClassifier(x)', ['float[20000, 8] x'], {
    attributes: {
      classlabels_ints: Array.from({ length: classes }, (_, at) => at),
      coefficients: new Array<number>((classes - 1) * classes * each).fill(0.5),
      kernel_type: 'RBF',
      kernel_params: [0.1, 0.5, 3.5],
      rho: new Array<number>((classes * (classes - 1)) / 2).fill(0.5),
      support_vectors: new Array<number>(classes * each * 8).fill(0.5),
      vectors_per_class: new Array<number>(classes).fill(each),
      ...more,
    },
  });

const pairs = (value: number) => new Array<number>(66).fill(value);

/** Kernels of older models, of other exporters, and those that the runtime itself puts in. */
export const SELDOM_CASES: readonly KernelCase[] = [
  ...[undefined, [1, 2, 3], [2, 3], [0, 1, 2, 3], [0], [1]].map((axes) =>
    of('y = MeanVarianceNormalization(x)', ['float[8, 16, 128, 64] x'], axes ? { attributes: { axes } } : {}),
  ),
  of('y = GlobalLpPool(x)', ['float[4, 32, 128, 128] x']),
  of('y = CumProd(x, a)', ['float[1024, 1024] x'], {
    opset: 26,
    weights: [held('int64[] a', BigInt64Array.of(1n))],
  }),
  ...['linear', 'nearest'].map((mode) =>
    of('y = Upsample(x, s)', ['float[2, 8, 128, 128] x'], {
      opset: 9,
      attributes: { mode },
      weights: [held('float[4] s', Float32Array.of(1, 1, 2, 2))],
    }),
  ),
  of('y = Scatter(x, i, u)', ['float[1024, 256] x', 'int64[1024, 256] i', 'float[1024, 256] u'], { opset: 9 }),
  of('y = TfIdfVectorizer(x)', ['int64[2000, 500] x'], {
    attributes: {
      ...{ max_gram_length: 1, max_skip_count: 0, min_gram_length: 1, mode: 'TF' },
      ...{ ngram_counts: [0], ngram_indexes: [0, 1, 2, 3], pool_int64s: [1, 2, 3, 4] },
    },
  }),
  of('y = ai.onnx.ml.LinearRegressor(x)', ['float[10000, 64] x'], {
    attributes: { coefficients: new Array<number>(64).fill(0.5), intercepts: [0.5], targets: 1 },
  }),
  of('y = ai.onnx.ml.SVMRegressor(x)', ['float[10000, 8] x'], {
    attributes: {
      ...{ coefficients: new Array<number>(200).fill(0.5), n_supports: 200, rho: [0.5] },
      ...{ kernel_type: 'RBF', kernel_params: [0.1, 0.5, 3.5], support_vectors: new Array<number>(1600).fill(0.5) },
    },
  }),
  machine(3, 70),
  machine(12, 20),
  machine(12, 20, { prob_a: pairs(0.1), prob_b: pairs(0.1) }),
  machine(70, 2),
  of('y = com.microsoft.CropAndResize(x, r, b, s)', ['float[2, 16, 128, 128] x', 'float[64, 4] r', 'int32[64] b'], {
    weights: [held('int32[2] s', Int32Array.of(28, 28))],
  }),
  of('y = com.microsoft.FusedGemm(a, b, c)', ['float[1024, 512] a', 'float[512, 1024] b', 'float[1024] c'], {
    attributes: { activation: 'Relu' },
  }),
  ...['FusedMatMul', 'TransposeMatMul'].map((name) =>
    of(`y = com.microsoft.${name}(a, b)`, ['float[8, 512, 256] a', 'float[8, 512, 256] b'], {
      attributes: { transB: 1 },
    }),
  ),
  of('y = com.microsoft.FusedConv(x, w)', ['float[4, 16, 128, 128] x', 'float[32, 16, 3, 3] w'], {
    attributes: { activation: 'Relu', pads: [1, 1, 1, 1] },
  }),
  of('y = com.microsoft.GridSample(x, g)', ['float[4, 16, 128, 128] x', 'float[4, 128, 128, 2] g']),
  of('y = com.microsoft.MurmurHash3(x)', ['int32[100000] x']),
  of('y = com.microsoft.NGramRepeatBlock(t, s)', ['int64[64, 256] t', 'float[64, 20000] s'], {
    attributes: { ngram_size: 3 },
  }),
  ...[100_000, 250_000, 400_000].map((count) =>
    of('u, i, c = com.microsoft.Unique(x)', [`float[${count}] x`], { upTo: { x: 1 } }),
  ),
  of(`y = com.microsoft.QLinearMul(a, ${HELD.a}, b, ${HELD.b}, ${HELD.y})`, ['uint8[1024, 1024] a', 'uint8[1024] b'], {
    ...scales('a', 'b', 'y'),
  }),
  of(`y = com.microsoft.QLinearLeakyRelu(a, ${HELD.a}, ${HELD.y})`, ['uint8[1024, 1024] a'], scales('a', 'y')),
  of(`y = com.microsoft.QLinearSigmoid(a, ${HELD.a}, ${HELD.y})`, ['uint8[1024, 1024] a'], scales('a', 'y')),
  ...[
    { axis: 1, opset: 13 },
    { axis: 1, opset: 12 },
    { axis: 2, opset: 13 },
  ].map((attributes) =>
    of(`y = com.microsoft.QLinearSoftmax(a, ${HELD.a}, ${HELD.y})`, ['uint8[64, 256, 128] a'], {
      ...scales('a', 'y'),
      attributes,
    }),
  ),
  ...[
    ['bool[1024, 1] c', 'uint8[1024, 1024] a', 'uint8[1, 1024] b'],
    ['bool[1024, 2048] c', 'uint8[1024, 2048] a', 'uint8[1, 1] b'],
  ].map((inputs) =>
    of(`y = com.microsoft.QLinearWhere(c, a, ${HELD.a}, b, ${HELD.b}, ${HELD.y})`, inputs, scales('a', 'b', 'y')),
  ),
  of(
    `y = com.microsoft.QLinearConcat(${HELD.y}, a, ${HELD.a}, b, ${HELD.b})`,
    ['uint8[1024, 512] a', 'uint8[1024, 512] b'],
    { ...scales('a', 'b', 'y'), attributes: { axis: 1 } },
  ),
  ...[0, 1].map((last) =>
    of(`y = com.microsoft.QLinearAveragePool(a, ${HELD.a}, ${HELD.y})`, ['uint8[4, 64, 64, 64] a'], {
      ...scales('a', 'y'),
      attributes: { kernel_shape: [3, 3], pads: [1, 1, 1, 1], channels_last: last },
    }),
  ),
  of('y = com.microsoft.NhwcMaxPool(a)', ['uint8[4, 128, 128, 64] a'], { attributes: { kernel_shape: [3, 3] } }),
  of(
    `y = com.microsoft.QLinearConv(a, ${HELD.a}, b, ${HELD.b}, ${HELD.y})`,
    ['uint8[2, 128, 128, 32] a', 'uint8[64, 32, 3, 3] b'],
    { ...scales('a', 'b', 'y'), attributes: { channels_last: 1, pads: [1, 1, 1, 1] } },
  ),
  // Several images, each channel by itself: with pointers into all of them.
  ...[1, 0].flatMap((channelsLast) =>
    [4, 16].map((batch) =>
      of(
        `y = com.microsoft.QLinearConv(a, ${HELD.a}, b, ${HELD.b}, ${HELD.y})`,
        [`uint8[${batch}, ${channelsLast ? '96, 96, 32' : '32, 96, 96'}] a`, 'uint8[32, 1, 3, 3] b'],
        { ...scales('a', 'b', 'y'), attributes: { channels_last: channelsLast, group: 32 } },
      ),
    ),
  ),
  ...[1, 0].flatMap((channelsLast) =>
    [4, 16].map((batch) =>
      of(
        `y = com.microsoft.QLinearConv(a, ${HELD.a}, b, ${HELD.b}, ${HELD.y})`,
        [`uint8[${batch}, ${channelsLast ? '96, 96, 32' : '32, 96, 96'}] a`, 'uint8[32, 32, 3, 3] b'],
        { ...scales('a', 'b', 'y'), attributes: { channels_last: channelsLast } },
      ),
    ),
  ),
  ...[1, 0].map((channelsLast) =>
    of(
      `y = com.microsoft.QLinearConv(a, ${HELD.a}, b, ${HELD.b}, ${HELD.y})`,
      [`uint8[16, ${channelsLast ? '96, 96, 32' : '32, 96, 96'}] a`, 'uint8[32, 32, 1, 1] b'],
      { ...scales('a', 'b', 'y'), attributes: { channels_last: channelsLast } },
    ),
  ),
  of(`y = com.microsoft.QGemm(a, ${HELD.a}, b, ${HELD.b})`, ['uint8[1024, 512] a', 'uint8[512, 1024] b'], {
    ...scales('a', 'b'),
  }),
  of('y = com.microsoft.MatMulIntegerToFloat(a, b, as, bs)', ['uint8[1024, 512] a', 'uint8[512, 1024] b'], {
    weights: [scale('as', 0.1), scale('bs', 0.2)],
  }),
  of(
    'y = com.microsoft.GatherBlockQuantized(d, i, s)',
    ['uint8[4000, 256] d', 'int64[4, 512] i', 'float[4000, 16] s'],
    { attributes: { bits: 4, block_size: 32, gather_axis: 0, quantize_axis: 1 } },
  ),
];
