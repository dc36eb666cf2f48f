import type { Tensor } from '../src/onnx/model.ts';
import { type AttributeParts, weight } from '../test/support/model-builder.ts';
import type { KernelCase } from './kernel-cases.ts';

/** Weights of whole numbers, `64` to `8` bits wide. */
const ints = (name: string, ...values: readonly number[]): Tensor =>
  weight(`int64[${values.length}] ${name}`, memory(new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer)));
const int = (name: string, value: number): Tensor =>
  weight(`int64[] ${name}`, memory(new Uint8Array(BigInt64Array.of(BigInt(value)).buffer)));
const floats = (name: string, ...values: readonly number[]): Tensor =>
  weight(`float[${values.length}] ${name}`, memory(new Uint8Array(Float32Array.from(values).buffer)));
const float = (name: string, value: number): Tensor =>
  weight(`float[] ${name}`, memory(new Uint8Array(Float32Array.of(value).buffer)));
const byte = (name: string, type: 'uint8' | 'int8', value: number): Tensor =>
  weight(`${type}[] ${name}`, memory(Uint8Array.of(value & 255)));

function memory(bytes: Uint8Array): Partial<Tensor> {
  return { data: { kind: 'memory', bytes } };
}

interface More {
  readonly attributes?: AttributeParts;
  readonly weights?: readonly Tensor[];
  readonly opset?: number;
  readonly upTo?: Readonly<Record<string, number>>;
}

const of = (node: string, inputs: readonly string[], more: More = {}): KernelCase => ({ node, inputs, ...more });

const attention: readonly KernelCase[] = [
  of(
    'y = Attention(q, k, v)',
    ['q', 'k', 'v'].map((n) => `float[4, 8, 256, 64] ${n}`),
    { opset: 23 },
  ),
  of(
    'y = Attention(q, k, v)',
    ['q', 'k', 'v'].map((n) => `float[2, 512, 512] ${n}`),
    {
      opset: 23,
      attributes: { q_num_heads: 8, kv_num_heads: 8 },
    },
  ),
  of(
    'y = Attention(q, k, v)',
    ['q', 'k', 'v'].map((n) => `float[4, 8, 256, 64] ${n}`),
    {
      opset: 23,
      attributes: { is_causal: 1 },
    },
  ),
  of('y = Attention(q, k, v, m)', [...['q', 'k', 'v'].map((n) => `float[4, 8, 256, 64] ${n}`), 'bool[256, 256] m'], {
    opset: 23,
  }),
  of(
    'y = Attention(q, k, v, m)',
    [...['q', 'k', 'v'].map((n) => `float[4, 8, 256, 64] ${n}`), 'float[4, 1, 256, 256] m'],
    { opset: 23 },
  ),
  of(
    'y, pk, pv = Attention(q, k, v, , k0, v0)',
    [
      'float[2, 8, 16, 64] q',
      ...['k', 'v'].map((n) => `float[2, 8, 16, 64] ${n}`),
      ...['k0', 'v0'].map((n) => `float[2, 8, 1024, 64] ${n}`),
    ],
    { opset: 23 },
  ),
  of(
    'y, pk, pv = Attention(q, k, v, , k0, v0)',
    [
      'float[2, 16, 512] q',
      ...['k', 'v'].map((n) => `float[2, 16, 128] ${n}`),
      ...['k0', 'v0'].map((n) => `float[2, 2, 1024, 64] ${n}`),
    ],
    {
      opset: 23,
      attributes: { q_num_heads: 8, kv_num_heads: 2 },
    },
  ),
  of('y = Attention(q, k, v)', ['float[2, 8, 512, 64] q', 'float[2, 2, 512, 64] k', 'float[2, 2, 512, 64] v'], {
    opset: 23,
  }),
  of(
    'y, , , s = Attention(q, k, v)',
    ['q', 'k', 'v'].map((n) => `float[2, 8, 256, 64] ${n}`),
    { opset: 23 },
  ),
  of(
    'y = Attention(q, k, v)',
    ['q', 'k', 'v'].map((n) => `float[4, 8, 256, 64] ${n}`),
    { opset: 23, attributes: { softcap: 30.5 } },
  ),
  of(
    'y = Attention(q, k, v)',
    ['q', 'k', 'v'].map((n) => `float16[4, 8, 256, 64] ${n}`),
    { opset: 23 },
  ),
  of(
    'y = Attention(q, k, v)',
    ['q', 'k', 'v'].map((n) => `float[4, 8, 256, 64] ${n}`),
    { opset: 24 },
  ),
  of('y = RotaryEmbedding(x, c, s)', ['float[4, 8, 512, 64] x', 'float[4, 512, 32] c', 'float[4, 512, 32] s'], {
    opset: 23,
  }),
  of('y = RotaryEmbedding(x, c, s)', ['float[4, 512, 512] x', 'float[4, 512, 32] c', 'float[4, 512, 32] s'], {
    opset: 23,
    attributes: { num_heads: 8 },
  }),
  of('y = RMSNormalization(x, w)', ['float[64, 512, 64] x', 'float[64] w'], { opset: 23 }),
  of('y = TensorScatter(p, u, i)', ['float[4, 8, 512, 64] p', 'float[4, 8, 16, 64] u', 'int64[4] i'], { opset: 24 }),
  of('y = Swish(x)', ['float[4, 8, 512, 64] x'], { opset: 24 }),
];

const images: readonly KernelCase[] = [
  ...['bilinear', 'nearest', 'bicubic'].map((mode) =>
    of('y = GridSample(x, g)', ['float[2, 8, 128, 128] x', 'float[2, 256, 256, 2] g'], {
      opset: 16,
      attributes: { mode },
    }),
  ),
  of('y = GridSample(x, g)', ['float[2, 4, 16, 64, 64] x', 'float[2, 16, 64, 64, 3] g'], {
    opset: 20,
    attributes: { mode: 'linear' },
  }),
  of('y = AffineGrid(t, s)', ['float[4, 2, 3] t'], { weights: [ints('s', 4, 3, 512, 512)] }),
  of('y = AffineGrid(t, s)', ['float[1, 2, 3] t'], { weights: [ints('s', 1, 3, 700, 300)] }),
  of('y = AffineGrid(t, s)', ['float[2, 3, 4] t'], { weights: [ints('s', 2, 3, 32, 64, 64)] }),
  of('y = DeformConv(x, w, o)', ['float[2, 16, 64, 64] x', 'float[32, 16, 3, 3] w', 'float[2, 18, 62, 62] o'], {
    opset: 19,
  }),
  of(
    'y = DeformConv(x, w, o, b, m)',
    [
      'float[2, 16, 96, 96] x',
      'float[32, 8, 3, 3] w',
      'float[2, 36, 94, 94] o',
      'float[32] b',
      'float[2, 18, 94, 94] m',
    ],
    {
      opset: 19,
      attributes: { group: 2, offset_group: 2 },
    },
  ),
  ...(['nearest', 'linear', 'cubic'] as const).flatMap((mode) => [
    of('y = Resize(x, , s)', ['float[2, 8, 128, 128] x'], {
      attributes: { mode },
      weights: [floats('s', 1, 1, 2.5, 2.5)],
    }),
    of('y = Resize(x, , s)', ['float[2, 8, 512, 512] x'], {
      attributes: { mode },
      weights: [floats('s', 1, 1, 0.3, 0.3)],
    }),
  ]),
  ...(['linear', 'cubic'] as const).flatMap((mode) => [
    of('y = Resize(x, , s)', ['float[2, 8, 512, 512] x'], {
      attributes: { mode, antialias: 1 },
      weights: [floats('s', 1, 1, 0.3, 0.3)],
    }),
    of('y = Resize(x, , s)', ['float[2, 8, 128, 128] x'], {
      attributes: { mode, antialias: 1 },
      weights: [floats('s', 1, 1, 2.5, 2.5)],
    }),
    of('y = Resize(x, , s)', ['uint8[2, 3, 512, 512] x'], {
      attributes: { mode, antialias: 1 },
      weights: [floats('s', 1, 1, 0.5, 0.5)],
    }),
  ]),
  of('y = Resize(x, , s)', ['uint8[2, 512, 512, 3] x'], {
    attributes: { mode: 'linear' },
    weights: [floats('s', 1, 2.5, 2.5, 1)],
  }),
  of('y = Resize(x, , s)', ['float[2, 256, 256, 8] x'], {
    attributes: { mode: 'linear' },
    weights: [floats('s', 1, 2.5, 2.5, 1)],
  }),
  of('y = Resize(x, , s)', ['float[2, 32, 32, 32] x'], {
    attributes: { mode: 'linear' },
    weights: [floats('s', 1, 2, 2, 2)],
  }),
  of('y = Resize(x, , s)', ['float[1, 2, 32, 64, 64] x'], {
    attributes: { mode: 'linear' },
    weights: [floats('s', 1, 1, 2, 2, 2)],
  }),
  of('y = Resize(x, r, s)', ['float[2, 8, 128, 128] x'], {
    attributes: { mode: 'linear', coordinate_transformation_mode: 'tf_crop_and_resize' },
    weights: [floats('s', 1, 1, 2, 2), floats('r', 0, 0, 0.1, 0.1, 1, 1, 0.9, 0.9)],
  }),
  of('y = LpPool(x)', ['float[2, 8, 256, 256] x'], { attributes: { kernel_shape: [3, 3], strides: [1, 1] } }),
  of('y = AveragePool(x)', ['float[2, 8, 256, 256] x'], { attributes: { kernel_shape: [3, 3], dilations: [2, 2] } }),
  of('y = MaxPool(x)', ['float[1, 4, 32, 64, 64] x'], {
    attributes: { kernel_shape: [3, 3, 3], dilations: [2, 2, 2] },
  }),
  of('y, i = MaxPool(x)', ['float[2, 8, 256, 256] x'], { attributes: { kernel_shape: [2, 2], strides: [2, 2] } }),
  of('y = MaxUnpool(x, i)', ['float[2, 8, 128, 128] x', 'int64[2, 8, 128, 128] i'], {
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
  }),
  of('y = RoiAlign(x, r, b)', ['float[1, 64, 64, 64] x', 'float[256, 4] r', 'int64[256] b'], {
    attributes: { output_height: 14, output_width: 14, sampling_ratio: 2 },
    weights: [],
    upTo: { b: 1, r: 60 },
  }),
  of('y = MaxRoiPool(x, r)', ['float[2, 64, 64, 64] x', 'float[256, 5] r'], { attributes: { pooled_shape: [14, 14] } }),
  of('y = LRN(x)', ['float[4, 32, 64, 64] x'], { attributes: { size: 5 } }),
  of('y = InstanceNormalization(x, s, b)', ['float[4, 32, 64, 64] x', 'float[32] s', 'float[32] b']),
  of('y = LayerNormalization(x, s, b)', ['float[512, 1024] x', 'float[1024] s', 'float[1024] b']),
  of('y = LayerNormalization(x, s, b)', ['float16[512, 1024] x', 'float16[1024] s', 'float16[1024] b']),
  of('y = BatchNormalization(x, s, b, m, v)', [
    'float[4, 32, 64, 64] x',
    ...['s', 'b', 'm', 'v'].map((n) => `float[32] ${n}`),
  ]),
  of('y = LpNormalization(x)', ['float[64, 128, 64] x'], { attributes: { axis: 1, p: 2 } }),
  of('y = DepthToSpace(x)', ['float[2, 64, 64, 64] x'], { attributes: { blocksize: 2, mode: 'CRD' } }),
  of('y = SpaceToDepth(x)', ['float[2, 16, 128, 128] x'], { attributes: { blocksize: 2 } }),
  of('y = Conv(x, w)', ['float[2, 32, 4000] x', 'float[64, 32, 5] w']),
  of('y = Conv(x, w)', ['float[1, 8, 24, 48, 48] x', 'float[16, 8, 3, 3, 3] w']),
  of('y = Conv(x, w)', ['float[2, 32, 64, 64] x', 'float[32, 1, 3, 3] w'], { attributes: { group: 32 } }),
  of('y = Conv(x, w)', ['float[2, 512, 16, 16] x', 'float[1024, 512, 3, 3] w'], { attributes: { pads: [1, 1, 1, 1] } }),
  of('y = Conv(x, w)', ['float[2, 64, 64, 64] x', 'float[64, 64, 1, 1] w'], { attributes: { strides: [2, 2] } }),
  of('y = ConvTranspose(x, w)', ['float[2, 64, 32, 32] x', 'float[64, 32, 4, 4] w'], {
    attributes: { strides: [2, 2] },
  }),
  of('y = ConvTranspose(x, w)', ['float[2, 64, 32, 32] x', 'float[64, 8, 4, 4] w'], {
    attributes: { strides: [2, 2], group: 4 },
  }),
  of('y = ConvTranspose(x, w)', ['float[1, 16, 12, 16, 16] x', 'float[16, 8, 3, 3, 3] w'], {
    attributes: { strides: [2, 2, 2] },
  }),
  of('y = ConvTranspose(x, w)', ['float[2, 64, 2000] x', 'float[64, 32, 4] w'], { attributes: { strides: [2] } }),
  of('y = ConvInteger(x, w)', ['uint8[2, 16, 96, 96] x', 'uint8[32, 16, 3, 3] w']),
  of('y = QLinearConv(x, xs, xz, w, ws, wz, ys, yz)', ['uint8[2, 16, 96, 96] x', 'uint8[32, 16, 3, 3] w'], {
    weights: [...['xs', 'ws', 'ys'].map((n) => float(n, 0.1)), ...['xz', 'wz', 'yz'].map((n) => byte(n, 'uint8', 3))],
  }),
  of('y = QLinearConv(x, xs, xz, w, ws, wz, ys, yz)', ['uint8[2, 32, 96, 96] x', 'uint8[32, 1, 3, 3] w'], {
    attributes: { group: 32 },
    weights: [...['xs', 'ws', 'ys'].map((n) => float(n, 0.1)), ...['xz', 'wz', 'yz'].map((n) => byte(n, 'uint8', 3))],
  }),
];

const indices: readonly KernelCase[] = [
  of('v, i = TopK(x, k)', ['float[64, 20000] x'], { weights: [ints('k', 10000)], upTo: { x: 1 } }),
  of('v, i = TopK(x, k)', ['float[20000, 64] x'], {
    weights: [ints('k', 100)],
    attributes: { axis: 0 },
    upTo: { x: 1 },
  }),
  of('v, i = TopK(x, k)', ['float[1, 1000000] x'], { weights: [ints('k', 500000)], upTo: { x: 1 } }),
  of('v, i = TopK(x, k)', ['float[1, 1000000] x'], { weights: [ints('k', 100)], upTo: { x: 1 } }),
  of('u, i, j, c = Unique(x)', ['float[300000] x'], { upTo: { x: 1 } }),
  of('u, i, j, c = Unique(x)', ['float[200000] x'], { upTo: { x: 1 } }),
  of('u, i, j, c = Unique(x)', ['int64[150000] x'], { upTo: { x: 1e9 } }),
  of('u, i, j, c = Unique(x)', ['int64[6000, 50] x'], { upTo: { x: 1e9 }, attributes: { axis: 0 } }),
  of('u, i, j, c = Unique(x)', ['int64[300000] x'], { upTo: { x: 1000 } }),
  of('u, i, j, c = Unique(x)', ['int64[3000, 100] x'], { upTo: { x: 1000 }, attributes: { axis: 0 } }),
  of('y = CumSum(x, a)', ['float[64, 64, 512] x'], { weights: [int('a', 1)] }),
  of('y = CumSum(x, a)', ['float[64, 64, 512] x'], {
    weights: [int('a', 0)],
    attributes: { exclusive: 1, reverse: 1 },
  }),
  of('y = Einsum(a, b)', ['float[8, 128, 128] a', 'float[8, 128, 128] b'], {
    attributes: { equation: 'bij,bjk->bik' },
  }),
  of('y = Einsum(a, b)', ['float[8, 128, 128] a', 'float[8, 128, 128] b'], {
    attributes: { equation: 'bij,bkj->bik' },
  }),
  of('y = Einsum(a, b)', ['float[8, 16, 128, 64] a', 'float[8, 16, 128, 64] b'], {
    attributes: { equation: 'bhid,bhjd->bhij' },
  }),
  of('y = Einsum(a, b)', ['float[8, 128, 16, 64] a', 'float[8, 128, 16, 64] b'], {
    attributes: { equation: 'bihd,bjhd->bhij' },
  }),
  of('y = Einsum(a, b, c)', ['float[8, 128, 128] a', 'float[8, 128, 128] b', 'float[8, 128, 128] c'], {
    attributes: { equation: 'bij,bjk,bkl->bil' },
  }),
  of('y = Einsum(a)', ['float[64, 128, 128] a'], { attributes: { equation: 'bij->bji' } }),
  of('y = Einsum(a)', ['float[64, 128, 128] a'], { attributes: { equation: 'bij->i' } }),
  of('y = Einsum(a)', ['float[64, 256, 256] a'], { attributes: { equation: 'bii->bi' } }),
  of('y = Einsum(a)', ['float[256, 256, 64] a'], { attributes: { equation: 'iib->ib' } }),
  of('y = Einsum(a)', ['float[64, 128, 512] a'], { attributes: { equation: 'bij->jb' } }),
  of('y = Einsum(a)', ['float[64, 128, 512] a'], { attributes: { equation: 'b...->...b' } }),
  of('y = Einsum(a, b)', ['float[1000] a', 'float[1500] b'], { attributes: { equation: 'i,j->ij' } }),
  of('y = Einsum(a, b)', ['float[1, 512, 512] a', 'float[1, 512, 512] b'], {
    attributes: { equation: 'bij,bkj->bik' },
  }),
  of('y = Einsum(a, b)', ['float[8, 16, 256, 64] a', 'float[16, 256, 64] b'], {
    attributes: { equation: 'bhwc,hkc->bhwk' },
  }),
  of('y = Einsum(a, b)', ['float[8, 16, 256, 64] a', 'float[64, 128] b'], {
    attributes: { equation: '...c,cd->...d' },
  }),
  of('y = Einsum(a, b)', ['float[8, 512, 256] a', 'float[8, 512, 64] b'], { attributes: { equation: 'bnd,bnm->mdb' } }),
  of('y = Einsum(a, b)', ['float[256, 512] a', 'float[512, 300, 8] b'], { attributes: { equation: 'ij,jkl->ik' } }),
  of('y = Einsum(a, b, c)', ['float[300, 64] a', 'float[400, 64] b', 'float[50, 64] c'], {
    attributes: { equation: 'ad,bd,cd->ac' },
  }),
  of('y = ScatterND(x, i, u)', ['float[4096, 256] x', 'int64[2048, 1] i', 'float[2048, 256] u'], { upTo: { i: 4096 } }),
  of('y = ScatterND(x, i, u)', ['float[1000, 64] x', 'int64[500000, 2] i', 'float[500000] u'], { upTo: { i: 64 } }),
  of('y = ScatterElements(x, i, u)', ['float[4096, 256] x', 'int64[2048, 256] i', 'float[2048, 256] u'], {
    upTo: { i: 2048 },
  }),
  of('y = ScatterElements(x, i, u)', ['float[4096, 256] x', 'int32[2048, 256] i', 'float[2048, 256] u'], {
    upTo: { i: 2048 },
    attributes: { reduction: 'add' },
  }),
  of('y = GatherElements(x, i)', ['float[4096, 256] x', 'int64[4096, 256] i'], { upTo: { i: 4096 } }),
  of('y = GatherND(x, i)', ['float[4096, 256] x', 'int64[100000, 2] i'], { upTo: { i: 256 } }),
  of('y = Gather(x, i)', ['float[4096, 256] x', 'int64[10000] i'], { upTo: { i: 4096 } }),
  of('y = Compress(x, c)', ['float[512, 1024] x', 'bool[512] c'], { attributes: { axis: 0 } }),
  of('y = Compress(x, c)', ['float[512, 1024] x', 'bool[524288] c']),
  of('y = NonZero(x)', ['float[512, 1024] x']),
  of('y = OneHot(i, d, v)', ['int64[8192] i'], { weights: [int('d', 256), floats('v', 0, 1)], upTo: { i: 256 } }),
  of('y = NonMaxSuppression(b, s, m, t)', ['float[2, 4000, 4] b', 'float[2, 20, 4000] s'], {
    weights: [ints('m', 4000), floats('t', 0.9)],
    upTo: { b: 100, s: 1 },
  }),
  of('y = NonMaxSuppression(b, s, m, t)', ['float[1, 20000, 4] b', 'float[1, 2, 20000] s'], {
    weights: [ints('m', 20000), floats('t', 1)],
    upTo: { b: 100, s: 1 },
  }),
  of('y = ReverseSequence(x, l)', ['float[128, 64, 256] x', 'int64[64] l']),
  of('y = Trilu(x)', ['float[16, 256, 256] x']),
  of('y = EyeLike(x)', ['float[1024, 1024] x']),
  of('y = Det(x)', ['float[64, 100, 100] x']),
  of('y = Det(x)', ['float[2, 700, 700] x'], { upTo: { x: 1 } }),
];

const reductions: readonly KernelCase[] = [
  ...['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceL2', 'ReduceLogSumExp', 'ReduceProd', 'ReduceSumSquare'].flatMap(
    (name) => [
      of(`y = ${name}(x, a)`, ['float[64, 128, 64] x'], { weights: [ints('a', 1)] }),
      of(`y = ${name}(x, a)`, ['float[16, 32, 16, 64] x'], { weights: [ints('a', 0, 2)] }),
    ],
  ),
  of('y = ReduceSum(x, a)', ['double[16, 32, 16, 64] x'], { weights: [ints('a', 0, 2)] }),
  of('y = ReduceSum(x, a)', ['float[16, 32, 16, 16, 4] x'], { weights: [ints('a', 0, 2, 4)] }),
  of('y = ArgMax(x)', ['float[64, 128, 64] x'], { attributes: { axis: 1 } }),
  of('y = Softmax(x)', ['float[64, 128, 64] x'], { attributes: { axis: 1 } }),
  of('y = LogSoftmax(x)', ['float[64, 128, 64] x'], { attributes: { axis: 0 } }),
  of('y = Hardmax(x)', ['float[64, 128, 64] x'], { attributes: { axis: 1 } }),
  of('y = Softmax(x)', ['float[64, 128, 64] x'], { attributes: { axis: 1 }, opset: 11 }),
  of('y = LogSoftmax(x)', ['float[64, 128, 64] x'], { attributes: { axis: 2 } }),
];

const elements: readonly KernelCase[] = [
  of(
    'y = Max(a, b, c, d)',
    ['a', 'b', 'c', 'd'].map((n) => `float[512, 1024] ${n}`),
  ),
  of(
    'y = Sum(a, b, c)',
    ['a', 'b', 'c'].map((n) => `float[512, 1024] ${n}`),
  ),
  of(
    'y = Mean(a, b, c)',
    ['a', 'b', 'c'].map((n) => `float[512, 1024] ${n}`),
  ),
  of(
    'y = Mean(a, b)',
    ['a', 'b'].map((n) => `float[512, 1024] ${n}`),
  ),
  of('y = Max(a, b, c)', ['float[512, 1024] a', 'float[1024] b', 'float[1] c']),
  of('y = Max(a, b, c)', ['float[1] a', 'float[1024] b', 'float[512, 1] c']),
  of('y = Where(c, a, b)', ['bool[512, 1024] c', 'float[512, 1024] a', 'float[512, 1024] b']),
  of('y = Where(c, a, b)', ['bool[512, 1] c', 'float[1, 1024] a', 'float[1] b']),
  of('y = Where(c, a, b)', ['bool[512, 1024] c', 'int64[512, 1024] a', 'int64[512, 1024] b']),
  of('y = Cast(x)', ['float[512, 1024] x'], { attributes: { to: 10 } }),
  of('y = Cast(x)', ['float[512, 1024] x'], { attributes: { to: 16 } }),
  of('y = Cast(x)', ['float[512, 1024] x'], { attributes: { to: 17 } }),
  of('y = Cast(x)', ['float16[512, 1024] x'], { attributes: { to: 7 } }),
  of('y = Cast(x)', ['float16[512, 1024] x'], { attributes: { to: 6 } }),
  of('y = Cast(x)', ['float[256, 1024] x'], { attributes: { to: 8 } }),
  of('y = Cast(x)', ['float[512, 1024] x'], { attributes: { to: 22 }, opset: 21 }),
  of('y = Pow(a, b)', ['float[512, 1024] a', 'float[512, 1024] b']),
  of('y = Mod(a, b)', ['float[512, 1024] a', 'float[512, 1024] b'], { attributes: { fmod: 1 } }),
  of('y = Mod(a, b)', ['int64[512, 1024] a', 'int64[512, 1024] b']),
  of('y = Equal(a, b)', ['int64[512, 1024] a', 'int64[512, 1024] b']),
  of('y = Div(a, b)', ['float[512, 1024] a', 'float[1024] b']),
  of('y = Gelu(x)', ['float[512, 1024] x']),
  of('y = Gelu(x)', ['float[512, 1024] x'], { attributes: { approximate: 'tanh' } }),
  of('y = Gelu(x)', ['float16[512, 1024] x']),
  of('y = Mish(x)', ['float[512, 1024] x']),
  of('y = HardSwish(x)', ['float[512, 1024] x']),
  of('y = PRelu(x, s)', ['float[512, 1024] x', 'float[1024] s']),
  of('y = Clip(x, a, b)', ['float[512, 1024] x'], { weights: [float('a', 0), float('b', 1)] }),
  of('y = Tanh(x)', ['float16[512, 1024] x']),
  of('y = Relu(x)', ['float16[512, 1024] x']),
  of('y = Add(a, b)', ['float16[512, 1024] a', 'float16[512, 1024] b']),
  of('y = Mul(a, b)', ['float16[512, 1024] a', 'float16[512, 1024] b']),
  of('y = Erf(x)', ['float[512, 1024] x']),
  of('y = Transpose(x)', ['float[16, 32, 32, 32] x'], { attributes: { perm: [3, 1, 0, 2] } }),
  of('y = Tile(x, r)', ['float[64, 1024] x'], { weights: [ints('r', 8, 2)] }),
  of('y = Expand(x, s)', ['float[64, 1, 1024] x'], { weights: [ints('s', 64, 16, 1024)] }),
  ...(['constant', 'reflect', 'edge', 'wrap'] as const).map((mode) =>
    of('y = Pad(x, p)', ['float[8, 64, 64, 16] x'], {
      attributes: { mode },
      weights: [ints('p', 0, 3, 3, 0, 0, 3, 3, 0)],
    }),
  ),
  of('y = Slice(x, s, e, a, t)', ['float[64, 512, 64] x'], {
    weights: [ints('s', 0), ints('e', 512), ints('a', 1), ints('t', 2)],
  }),
  of('a, b = Split(x)', ['float[64, 512, 64] x'], { attributes: { axis: 1, num_outputs: 2 } }),
  of('y = Concat(a, b)', ['float[64, 256, 64] a', 'float[64, 256, 64] b'], { attributes: { axis: 1 } }),
  of('y, m = Dropout(x)', ['float[512, 1024] x']),
  of('y, m = Dropout(x, r, t)', ['float[512, 1024] x', 'bool[] t'], { weights: [float('r', 0.5)] }),
  of('y = Bernoulli(x)', ['float[512, 1024] x']),
  of('y = Multinomial(x)', ['float[64, 20000] x'], { attributes: { sample_size: 1000 } }),
  of('y = RandomNormalLike(x)', ['float[512, 1024] x']),
  of('y = MatMul(a, b)', ['float[512, 512] a', 'float[512, 512] b']),
  of('y = MatMul(a, b)', ['float16[512, 512] a', 'float16[512, 512] b']),
  of('y = MatMul(a, b)', ['int32[512, 512] a', 'int32[512, 512] b']),
  of('y = MatMul(a, b)', ['double[512, 512] a', 'double[512, 512] b']),
  of('y = MatMul(a, b)', ['float[32, 128, 128] a', 'float[128, 128] b']),
  of('y = Gemm(a, b, c)', ['float[512, 512] a', 'float[512, 512] b', 'float[512] c'], { attributes: { transB: 1 } }),
  of('y = Gemm(a, b, c)', ['float16[512, 512] a', 'float16[512, 512] b', 'float16[512] c']),
  of('y = MatMulInteger(a, b)', ['uint8[512, 512] a', 'int8[512, 512] b']),
  of('y = MatMulInteger(a, b)', ['int8[512, 512] a', 'int8[512, 512] b']),
  of('y = QLinearMatMul(a, as, az, b, bs, bz, ys, yz)', ['uint8[512, 512] a', 'uint8[512, 512] b'], {
    weights: [...['as', 'bs', 'ys'].map((n) => float(n, 0.1)), ...['az', 'bz', 'yz'].map((n) => byte(n, 'uint8', 3))],
  }),
  of('y, s, z = DynamicQuantizeLinear(x)', ['float[512, 1024] x']),
  of('y = QuantizeLinear(x, s, z)', ['float[512, 1024] x'], { weights: [float('s', 0.1), byte('z', 'uint8', 3)] }),
  of('y = QuantizeLinear(x, s)', ['float[512, 1024] x', 'float[512, 16] s'], {
    opset: 21,
    attributes: { axis: 1, block_size: 64, output_dtype: 22 },
  }),
  of('y = DequantizeLinear(x, s)', ['uint8[512, 1024] x', 'float[512, 16] s'], {
    opset: 21,
    attributes: { axis: 1, block_size: 64 },
  }),
  of('y = StringConcat(a, b)', ['string[20000] a', 'string[20000] b']),
  of('y, n = StringSplit(a)', ['string[20000] a'], { attributes: { delimiter: ' ' } }),
  of('y = StringNormalizer(a)', ['string[20000] a'], { attributes: { case_change_action: 'UPPER' } }),
  of('y = RegexFullMatch(a)', ['string[200000] a'], { attributes: { pattern: '[a-z]+' } }),
  of('y = BlackmanWindow(n)', [], { weights: [int('n', 400000)] }),
  of('y = MelWeightMatrix(b, d, r, l, u)', [], {
    weights: [int('b', 512), int('d', 4096), int('r', 16000), float('l', 0), float('u', 8000)],
  }),
];

const layers: readonly KernelCase[] = [
  ...(['forward', 'bidirectional', 'reverse'] as const).flatMap((direction) => {
    const d = direction === 'bidirectional' ? 2 : 1;
    return [
      of(
        'y, h, c = LSTM(x, w, r, b, l)',
        [
          'float[100, 16, 64] x',
          `float[${d}, 512, 64] w`,
          `float[${d}, 512, 128] r`,
          `float[${d}, 1024] b`,
          'int32[16] l',
        ],
        {
          attributes: { hidden_size: 128, direction },
          upTo: { l: 90 },
        },
      ),
      of(
        'y, h = GRU(x, w, r, b, l)',
        [
          'float[100, 16, 64] x',
          `float[${d}, 384, 64] w`,
          `float[${d}, 384, 128] r`,
          `float[${d}, 768] b`,
          'int32[16] l',
        ],
        {
          attributes: { hidden_size: 128, direction, linear_before_reset: 1 },
          upTo: { l: 90 },
        },
      ),
      of('y, h = GRU(x, w, r)', ['float[100, 16, 64] x', `float[${d}, 384, 64] w`, `float[${d}, 384, 128] r`], {
        attributes: { hidden_size: 128, direction },
      }),
      of('y, h = RNN(x, w, r)', ['float[200, 16, 64] x', `float[${d}, 128, 64] w`, `float[${d}, 128, 128] r`], {
        attributes: { hidden_size: 128, direction },
      }),
    ];
  }),
  of('y, h, c = LSTM(x, w, r)', ['float[2, 512, 64] x', 'float[1, 512, 64] w', 'float[1, 512, 128] r'], {
    attributes: { hidden_size: 128 },
  }),
  of('y, h = GRU(x, w, r)', ['float[2, 512, 64] x', 'float[1, 384, 64] w', 'float[1, 384, 128] r'], {
    attributes: { hidden_size: 128 },
  }),
  of('y, h = RNN(x, w, r)', ['float[2, 1024, 64] x', 'float[1, 128, 64] w', 'float[1, 128, 128] r'], {
    attributes: { hidden_size: 128 },
  }),
  ...(['forward', 'bidirectional'] as const).flatMap((direction) => {
    const d = direction === 'bidirectional' ? 2 : 1;
    const layer = (name: string, gates: number, given: string, more: readonly string[], extra: AttributeParts = {}) =>
      of(
        `y, h = ${name}(x, w, r${given})`,
        ['float[2, 1024, 64] x', `float[${d}, ${gates * 128}, 64] w`, `float[${d}, ${gates * 128}, 128] r`, ...more],
        { attributes: { hidden_size: 128, direction, ...extra }, upTo: { l: 2 } },
      );
    const bias = (gates: number) => `float[${d}, ${gates * 256}] b`;
    const state = `float[${d}, 1024, 128] h0`;
    return [
      layer('LSTM', 4, ', b', [bias(4)]),
      layer('LSTM', 4, ', b, l, h0, c0', [bias(4), 'int32[1024] l', state, `float[${d}, 1024, 128] c0`]),
      layer('GRU', 3, ', b', [bias(3)], { linear_before_reset: 1 }),
      layer('GRU', 3, ', b, l, h0', [bias(3), 'int32[1024] l', state]),
    ];
  }),
];

const machines: readonly KernelCase[] = [
  of('l, s = ai.onnx.ml.LinearClassifier(x)', ['float[20000, 32] x'], {
    attributes: {
      coefficients: Array.from({ length: 320 }, (_, at) => at * 0.01 + 0.001),
      classlabels_ints: Array.from({ length: 10 }, (_, at) => at),
      multi_class: 1,
      post_transform: 'SOFTMAX',
    },
  }),
  of('y = ai.onnx.ml.Normalizer(x)', ['float[20000, 32] x'], { attributes: { norm: 'L2' } }),
  of('y = ai.onnx.ml.Normalizer(x)', ['double[20000, 32] x'], { attributes: { norm: 'L2' } }),
  of('y = ai.onnx.ml.Scaler(x)', ['float[20000, 32] x'], { attributes: { offset: [0.5], scale: [1.5] } }),
  of('y = ai.onnx.ml.Scaler(x)', ['int64[20000, 32] x'], { attributes: { offset: [0.5], scale: [1.5] } }),
  of('y = ai.onnx.ml.OneHotEncoder(x)', ['int64[20000] x'], {
    attributes: { cats_int64s: Array.from({ length: 32 }, (_, at) => at) },
  }),
  of('y = ai.onnx.ml.LabelEncoder(x)', ['int64[500000] x'], {
    attributes: { keys_int64s: [1, 2], values_int64s: [3, 4] },
  }),
  of('y = ai.onnx.ml.Imputer(x)', ['float[20000, 32] x'], {
    attributes: { imputed_value_floats: [0.5], replaced_value_float: 1.5 },
  }),
  of('y = ai.onnx.ml.Binarizer(x)', ['float[20000, 32] x'], { attributes: { threshold: 0.1 } }),
  of('y = ai.onnx.ml.ArrayFeatureExtractor(x, i)', ['float[20000, 32] x'], { weights: [ints('i', 1, 3, 5, 7)] }),
  of('y = ai.onnx.ml.FeatureVectorizer(x, z)', ['float[20000, 32] x', 'float[20000, 8] z'], {
    attributes: { inputdimensions: [32, 8] },
  }),
];

export const FURTHER_CASES: readonly KernelCase[] = [
  ...attention,
  ...images,
  ...indices,
  ...reductions,
  ...elements,
  ...layers,
  ...machines,
];
