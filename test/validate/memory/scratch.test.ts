import assert from 'node:assert/strict';
import type { Tensor } from '../../../src/onnx/model.ts';
import { processorOf } from '../../../src/validate/memory/processor.ts';
import { NO_SCRATCH } from '../../../src/validate/memory/scratch/rule.ts';
import { scratchRule } from '../../../src/validate/memory/scratch/scratch-rule.ts';
import { simulateRun } from '../../../src/validate/memory/simulate-run.ts';
import { Unknowns } from '../../../src/validate/memory/unknowns.ts';
import { inferShapes } from '../../../src/validate/shapes/infer-shapes.ts';
import { type AttributeParts, model, node, weight } from '../../support/model-builder.ts';

function integers(text: string, ...values: readonly number[]): Tensor {
  const bytes = new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer);
  return weight(text, { data: { kind: 'memory', bytes } });
}

const AXIS = integers('int64[] axis', 1);
const GROUPS = [
  ...[
    'float[1, 1024, 512] q',
    'float[1, 1024, 128] k',
    'float[1, 1024, 128] v',
    'float[1, 2, 0, 64] k0',
    'float[1, 2, 0, 64] v0',
  ],
  'int32[1] l',
];
const QUERIES = ['q', 'k', 'v'].map((name) => `float[4, 512, 256] ${name}`);

/** Tells classes apart by `each` support vectors of each. */
function machine(classes: number, each: number): AttributeParts {
  const pairs = new Array<number>((classes * (classes - 1)) / 2).fill(0.5);
  return {
    classlabels_ints: Array.from({ length: classes }, (_, at) => at),
    coefficients: new Array<number>((classes - 1) * classes * each).fill(0.5),
    vectors_per_class: new Array<number>(classes).fill(each),
    ...{ prob_a: pairs, prob_b: pairs },
  };
}

interface Row {
  readonly title: string;
  readonly node: string;
  readonly attributes?: AttributeParts;
  readonly inputs: readonly string[];
  readonly weights?: readonly Tensor[];
  /** Whether weights were repacked at load; false if not given. */
  readonly prepacked?: boolean;
  /** Blocks beside the output, as bench/kernel-scratch.ts saw them with two threads. */
  readonly bytes: number;
}

const QUANTIZED: Pick<Row, 'node' | 'prepacked'> = {
  node: 'y = QLinearConv(x, xs, xz, w, ws, wz, ys, yz)',
  prepacked: true,
};
const quantizedParts = (filters: string): readonly Tensor[] => [
  weight(`int8[${filters}] w`),
  ...['xs', 'ws', 'ys'].map((name) => weight(`float[] ${name}`)),
  ...['uint8[] xz', 'int8[] wz', 'uint8[] yz'].map((text) => weight(text)),
];

const ROWS: readonly Row[] = [
  {
    ...QUANTIZED,
    title: 'repacked filters of single channels are pointed at all images at once',
    attributes: { group: 16, strides: [2, 2], pads: [1, 1, 1, 1] },
    inputs: ['uint8[32, 16, 112, 112] x'],
    weights: quantizedParts('16, 1, 3, 3'),
    bytes: 7_229_440,
  },
  {
    ...QUANTIZED,
    title: 'channels that are no multiple of what is packed are summed up, image by image',
    attributes: { group: 24, strides: [2, 2], pads: [1, 1, 1, 1] },
    inputs: ['uint8[32, 24, 112, 112] x'],
    weights: quantizedParts('24, 1, 3, 3'),
    bytes: 913_408,
  },
  {
    title: 'gates of few steps stand beside the states of a large batch',
    node: 'y, h = LSTM(x, w, r, b)',
    attributes: { hidden_size: 128 },
    inputs: ['float[2, 1024, 64] x', 'float[1, 512, 64] w', 'float[1, 512, 128] r', 'float[1, 1024] b'],
    bytes: 6_311_936,
  },
  {
    title: 'a gate that is reset behind its product has more of them',
    node: 'y, h = GRU(x, w, r, b)',
    attributes: { hidden_size: 128, linear_before_reset: 1 },
    inputs: ['float[2, 1024, 64] x', 'float[1, 384, 64] w', 'float[1, 384, 128] r', 'float[1, 768] b'],
    bytes: 6_848_512,
  },
  {
    title: 'a Fourier transform of a power of two keeps a table of that length',
    node: 'y = DFT(x, , axis)',
    inputs: ['float[4, 65536, 2] x'],
    weights: [AXIS],
    bytes: 528_384,
  },
  {
    title: 'half a spectrum is made whole first',
    node: 'y = DFT(x, , axis)',
    attributes: { onesided: 1 },
    inputs: ['float[4, 65536, 1] x'],
    weights: [AXIS],
    bytes: 1_056_768,
  },
  {
    title: 'a spectrum of more points than the signal has is made at their number',
    node: 'y = DFT(x, points, axis)',
    attributes: { onesided: 1 },
    inputs: ['float[1, 1000, 1] x'],
    weights: [AXIS, integers('int64[] points', 200_000)],
    bytes: 20_992_000,
  },
  {
    title: 'other lengths become convolutions of twice the next power of two',
    node: 'y = DFT(x, , axis)',
    inputs: ['float[1, 200000, 2] x'],
    weights: [AXIS],
    bytes: 20_992_000,
  },
  {
    title: 'a transform over time takes what one frame does',
    node: 'y = STFT(x, step, window, frame)',
    inputs: ['float[1, 400000, 1] x', 'float[60000] window'],
    weights: [integers('int64[] step', 30000), integers('int64[] frame', 60000)],
    bytes: 5_263_360,
  },
  {
    title: 'cropping one axis and padding another makes both at once',
    node: 'y = CenterCropPad(x, to)',
    inputs: ['float[8, 3, 256, 256] x'],
    weights: [integers('int64[4] to', 8, 3, 300, 224)],
    bytes: 7_376_896,
  },
  {
    title: 'attention without masks goes through its scores piece by piece',
    node: 'y = com.microsoft.MultiHeadAttention(q, k, v)',
    attributes: { num_heads: 4 },
    inputs: QUERIES,
    bytes: 6_897_664,
  },
  {
    title: 'attention with a bias holds all scores at once',
    node: 'y = com.microsoft.MultiHeadAttention(q, k, v, , , b)',
    attributes: { num_heads: 4 },
    inputs: [...QUERIES, 'float[1, 4, 512, 512] b'],
    bytes: 25_186_304,
  },
  {
    title: 'attention that must not look ahead has a mask beside them',
    node: 'y = com.microsoft.MultiHeadAttention(q, k, v)',
    attributes: { num_heads: 4, unidirectional: 1 },
    inputs: QUERIES,
    bytes: 29_384_704,
  },
  {
    title: 'experts hold the rows of all tokens, as data may send them all to the same',
    node: 'y = com.microsoft.MoE(x, gates, one, , two)',
    attributes: { k: 1 },
    inputs: ['float[4096, 128] x', 'float[4096, 4] gates', 'float[4, 512, 128] one', 'float[4, 128, 512] two'],
    // Of which 25.1 were touched where all go to the same, and the output of one more thread where some do not.
    bytes: 27_422_720,
  },
  {
    title: 'experts hold what each thread works on, and a copy of the input where gates are normalised',
    node: 'y = com.microsoft.MoE(x, gates, one, , two)',
    attributes: { k: 2, normalize_routing_weights: 1 },
    inputs: ['float[2048, 256] x', 'float[2048, 8] gates', 'float[8, 512, 256] one', 'float[8, 256, 512] two'],
    // Of which 35.6 were touched.
    bytes: 35_827_712,
  },
  {
    title: 'experts in few bits are unpacked by each thread',
    node: 'y = com.microsoft.QMoE(x, gates, one, s1, , two, s2)',
    attributes: { k: 2, expert_weight_bits: 4, activation_type: 'relu' },
    inputs: [
      ...['float[1024, 256] x', 'float[1024, 8] gates', 'uint8[8, 1024, 128] one', 'float[8, 1024] s1'],
      ...['uint8[8, 256, 512] two', 'float[8, 256] s2'],
    ],
    bytes: 27_320_320,
  },
  {
    title: 'attention of the standard holds the scores of all heads, and no heads',
    node: 'y = Attention(q, k, v)',
    attributes: { q_num_heads: 8, kv_num_heads: 8 },
    inputs: ['q', 'k', 'v'].map((name) => `float[2, 512, 512] ${name}`),
    bytes: 16_781_312,
  },
  {
    title: 'attention of the standard makes numbers of a mask',
    node: 'y = Attention(q, k, v, m)',
    inputs: [...['q', 'k', 'v'].map((name) => `float[4, 8, 256, 64] ${name}`), 'bool[256, 256] m'],
    bytes: 8_658_944,
  },
  {
    title: 'attention by groups goes through its scores piece by piece',
    node: 'y, pk, pv = com.microsoft.GroupQueryAttention(q, k, v, k0, v0, l, t)',
    attributes: { num_heads: 8, kv_num_heads: 2 },
    inputs: GROUPS,
    weights: [weight('int32[] t', { data: { kind: 'memory', bytes: new Uint8Array(Int32Array.of(1024).buffer) } })],
    bytes: 4_308_992,
  },
  {
    title: 'attention by groups holds all scores where they are bent',
    node: 'y, pk, pv = com.microsoft.GroupQueryAttention(q, k, v, k0, v0, l, t)',
    attributes: { num_heads: 8, kv_num_heads: 2, softcap: 30.5 },
    inputs: GROUPS,
    weights: [weight('int32[] t', { data: { kind: 'memory', bytes: new Uint8Array(Int32Array.of(1024).buffer) } })],
    bytes: 36_716_544,
  },
  {
    title: 'a product of tensors copies what does not lie as matrices do, and what comes of it',
    node: 'y = Einsum(a, b)',
    attributes: { equation: 'bihd,bjhd->bhij' },
    inputs: ['float[8, 128, 16, 64] a', 'float[8, 128, 16, 64] b'],
    bytes: 20_987_904,
  },
  {
    title: 'a product of tensors that lie as matrices do copies one side',
    node: 'y = Einsum(a, b)',
    attributes: { equation: 'bij,bjk->bik' },
    inputs: ['float[8, 128, 128] a', 'float[8, 128, 128] b'],
    bytes: 1_056_768,
  },
  {
    title: 'a product of three tensors keeps that of the first two',
    node: 'y = Einsum(a, b, c)',
    attributes: { equation: 'bij,bjk,bkl->bil' },
    inputs: ['float[8, 128, 128] a', 'float[8, 128, 128] b', 'float[8, 128, 128] c'],
    bytes: 2_113_536,
  },
  {
    title: 'one tensor is turned once, and only if it is',
    node: 'y = Einsum(a)',
    attributes: { equation: 'bij->bji' },
    inputs: ['float[64, 128, 128] a'],
    bytes: 4_198_400,
  },
  {
    title: 'a tensor that is summed up first is turned afterwards',
    node: 'y = Einsum(a)',
    attributes: { equation: 'bij->jb' },
    inputs: ['float[64, 128, 512] a'],
    bytes: 270_336,
  },
  {
    title: 'axes that a diagonal is taken of are brought together first',
    node: 'y = Einsum(a)',
    attributes: { equation: 'iib->ib' },
    inputs: ['float[256, 256, 64] a'],
    bytes: 16_846_848,
  },
  {
    title: 'an ellipsis stands for all axes before or behind it',
    node: 'y = Einsum(a)',
    attributes: { equation: 'b...->...b' },
    inputs: ['float[64, 128, 512] a'],
    bytes: 16_781_312,
  },
  {
    title: 'axes that only one side has are summed up before the product',
    node: 'y = Einsum(a, b)',
    attributes: { equation: 'ij,jkl->ik' },
    inputs: ['float[256, 512] a', 'float[512, 300, 8] b'],
    bytes: 1_458_176,
  },
  {
    title: 'a product in another order than the output’s is turned at last',
    node: 'y = Einsum(a, b)',
    attributes: { equation: 'bnd,bnm->mdb' },
    inputs: ['float[8, 512, 256] a', 'float[8, 512, 64] b'],
    bytes: 6_307_840,
  },
  {
    title: 'weights in four bits are unpacked',
    node: 'y = com.microsoft.MatMulBnb4(a, b, m)',
    attributes: { K: 1024, N: 512, block_size: 64, quant_type: 1 },
    inputs: ['float[256, 1024] a', 'uint8[262144] b', 'float[8192] m'],
    bytes: 2_101_248,
  },
  {
    title: 'words are looked at letter by letter',
    node: 'y = com.microsoft.WordConvEmbedding(x, w, b, c)',
    inputs: ['int32[1024, 16] x', 'float[128, 1, 3, 32] w', 'float[128] b', 'float[256, 32] c'],
    bytes: 22_298_624,
  },
  {
    title: 'a bent window knows where each of its places lies',
    node: 'y = DeformConv(x, w, o)',
    inputs: ['float[2, 16, 64, 64] x', 'float[32, 16, 3, 3] w', 'float[2, 18, 62, 62] o'],
    bytes: 3_325_952,
  },
  {
    title: 'images that are sampled know between which pixels',
    node: 'y = GridSample(x, g)',
    attributes: { mode: 'linear' },
    inputs: ['float[2, 8, 128, 128] x', 'float[2, 256, 256, 2] g'],
    bytes: 3_674_112,
  },
  {
    title: 'images that are smoothed while they shrink are so along one side first',
    node: 'y = Resize(x, , , to)',
    attributes: { mode: 'linear', antialias: 1 },
    inputs: ['float[2, 8, 512, 512] x'],
    weights: [integers('int64[4] to', 2, 8, 153, 153)],
    bytes: 2_510_848,
  },
  {
    title: 'images that are resized by cubes keep a table of rows',
    node: 'y = Resize(x, , , to)',
    attributes: { mode: 'cubic' },
    inputs: ['float[2, 8, 128, 128] x'],
    weights: [integers('int64[4] to', 2, 8, 320, 320)],
    bytes: 1_970_176,
  },
  {
    title: 'many of a row are sorted by their places',
    node: 'y, i = TopK(x, k)',
    inputs: ['float[1, 1000000] x'],
    weights: [integers('int64[1] k', 500_000)],
    bytes: 8_003_584,
  },
  {
    title: 'all that differs stands in a tree',
    node: 'y, i, j, c = Unique(x)',
    inputs: ['float[300000] x'],
    bytes: 41_701_376,
  },
  {
    title: 'slices that are scattered know where they begin',
    node: 'y = ScatterND(x, i, u)',
    inputs: ['float[1000, 64] x', 'int64[500000, 2] i', 'float[500000] u'],
    bytes: 4_001_792,
  },
  {
    title: 'slices that are gathered do too',
    node: 'y = GatherND(x, i)',
    inputs: ['float[4096, 256] x', 'int64[100000, 2] i'],
    bytes: 802_816,
  },
  {
    title: 'a matrix is taken apart beside itself',
    node: 'y = Det(x)',
    inputs: ['float[2, 700, 700] x'],
    bytes: 3_923_968,
  },
  {
    title: 'whole numbers are multiplied in pieces',
    node: 'y = MatMul(a, b)',
    inputs: ['int32[512, 512] a', 'int32[512, 512] b'],
    bytes: 2_101_248,
  },
  {
    title: 'what is chosen from is broadcast to the condition',
    node: 'y = Where(c, a, b)',
    inputs: ['bool[512, 1] c', 'float[1, 1024] a', 'float[1] b'],
    bytes: 2_103_376,
  },
  {
    title: 'of many operands two results stand at one time',
    node: 'y = Max(a, b, c, d)',
    inputs: ['a', 'b', 'c', 'd'].map((name) => `float[512, 1024] ${name}`),
    bytes: 2_101_248,
  },
  {
    title:
      'a quantized LSTM has its gates by the depth of its turned weights, and its input in 8 bits for each direction',
    node: 'y = com.microsoft.DynamicQuantizeLSTM(x, w, r, , , , , , scale, zero, scale, zero)',
    attributes: { direction: 'bidirectional', hidden_size: 192 },
    inputs: ['float[150, 32, 384] x'],
    weights: ['int8[2, 384, 768] w', 'int8[2, 192, 768] r', 'float[2] scale', 'int8[2] zero'].map((text) =>
      weight(text),
    ),
    bytes: 44_409_312,
  },
  {
    title: 'sums in half precision are made in whole one',
    node: 'y = com.microsoft.SkipSimplifiedLayerNormalization(x, s, g)',
    inputs: ['float16[4, 1024, 256] x', 'float16[4, 1024, 256] s', 'float16[256] g'],
    bytes: 16_793_600,
  },
  {
    title: 'numbers of 16 bits are multiplied in 32',
    node: 'y = com.microsoft.MatMulInteger16(a, b)',
    inputs: ['int16[512, 2048] a', 'int16[2048, 512] b'],
    bytes: 11_550_720,
  },
  {
    title: 'weights in blocks of four bits are unpacked some columns at a time',
    node: 'y = com.microsoft.MatMulFpQ4(a, b, s)',
    inputs: ['float[512, 4096] a', 'uint8[1376256] b'],
    weights: [integers('int64[2] s', 4096, 512)],
    bytes: 1_056_768,
  },
  {
    title: 'attention of a recurrent network has its memory, and keys of it',
    node: 'y, h = com.microsoft.AttnLSTM(x, w, r, b, , , , , qw, mw, v, m, , aw)',
    attributes: { hidden_size: 128 },
    inputs: [
      ...['float[2, 1024, 128] x', 'float[1, 512, 192] w', 'float[1, 512, 128] r', 'float[1, 1024] b'],
      ...['float[1, 128, 64] qw', 'float[1, 64, 64] mw', 'float[1, 64] v', 'float[1024, 4, 64] m'],
      'float[1, 192, 64] aw',
    ],
    bytes: 9_277_600,
  },
  {
    title: 'places of a bent volume are held three times, and once more by each thread',
    node: 'y = AffineGrid(t, s)',
    inputs: ['float[2, 3, 4] t'],
    weights: [integers('int64[5] s', 2, 3, 32, 64, 64)],
    bytes: 7_884_800,
  },
  {
    title: 'places of a single bent image are bent by one thread',
    node: 'y = AffineGrid(t, s)',
    inputs: ['float[1, 2, 3] t'],
    weights: [integers('int64[4] s', 1, 3, 700, 300)],
    bytes: 6_733_824,
  },
  {
    title: 'what is centred along axes that are not the last is turned and back',
    node: 'y = MeanVarianceNormalization(x)',
    inputs: ['float[8, 16, 128, 64] x'],
    bytes: 12_595_344,
  },
  {
    title: 'what is centred along the last axes is not turned',
    node: 'y = MeanVarianceNormalization(x)',
    attributes: { axes: [-2, -1] },
    inputs: ['float[8, 16, 128, 64] x'],
    bytes: 4_198_400,
  },
  {
    title: 'a machine of more classes than a window has axes counts votes, scores of pairs and chances',
    node: 'c, y = ai.onnx.ml.SVMClassifier(x)',
    attributes: machine(70, 2),
    inputs: ['float[2000, 8] x'],
    bytes: 60_768_256,
  },
  {
    title: 'bytes are turned where chances are not along the last axis, since an operator set that an attribute names',
    node: 'y = com.microsoft.QLinearSoftmax(a, as, az, ys, yz)',
    attributes: { axis: 1, opset: 13 },
    inputs: ['uint8[64, 256, 128] a', 'float[] as', 'uint8[] az', 'float[] ys', 'uint8[] yz'],
    bytes: 4_202_496,
  },
  {
    title: 'bytes are not turned before',
    node: 'y = com.microsoft.QLinearSoftmax(a, as, az, ys, yz)',
    attributes: { axis: 1, opset: 12 },
    inputs: ['uint8[64, 256, 128] a', 'float[] as', 'uint8[] az', 'float[] ys', 'uint8[] yz'],
    bytes: 0,
  },
  {
    title: 'what bytes are chosen from is broadcast to the condition',
    node: 'y = com.microsoft.QLinearWhere(c, a, as, az, b, bs, bz, ys, yz)',
    inputs: [
      ...['bool[1024, 2048] c', 'uint8[1024, 2048] a', 'float[] as', 'uint8[] az'],
      ...['uint8[1, 1] b', 'float[] bs', 'uint8[] bz', 'float[] ys', 'uint8[] yz'],
    ],
    bytes: 4_202_496,
  },
];

describe('What kernels take beside their outputs', () => {
  for (const row of ROWS)
    it(row.title, () => {
      const built = model({
        opsets: { 'ai.onnx': 23, 'ai.onnx.ml': 5, 'com.microsoft': 1 },
        inputs: row.inputs,
        outputs: ['int64[?] shape'],
        nodes: [node(row.node, row.attributes), node('shape = Shape(y)')],
        initializers: row.weights ?? [],
      });
      const unknowns = new Unknowns();
      const settings = {
        threads: 2,
        prepacked: row.prepacked ?? false,
        inBlocks: false,
        processor: processorOf('x86-64 AVX2'),
      };
      const { first } = simulateRun({ shaped: inferShapes(built), symbolic: undefined, settings, unknowns });
      assert.ok(unknowns.isEmpty);
      assert.equal(first.at(0)?.scratchBytes, row.bytes);
    });

  it('is nothing where a kernel was seen to take nothing', () => {
    const names =
      'GatedAdd GatedRMSNorm EngramGate LinearAttentionGate LinearAttention CausalConvWithState MRotaryEmbedding NGramHashMapping BifurcationDetector';
    for (const opType of names.split(' ')) assert.equal(scratchRule({ domain: 'com.microsoft', opType }), NO_SCRATCH);
  });

  it('is not guessed for kernels that were not measured', () => {
    const built = model({
      opsets: { 'ai.onnx': 20, 'com.microsoft': 1 },
      inputs: ['float[8, 16] x'],
      outputs: ['float[8, 16] y'],
      nodes: [node('y = com.microsoft.ComplexMul(x, x)')],
    });
    const unknowns = new Unknowns();
    const settings = { threads: 2, prepacked: false, inBlocks: false, processor: processorOf('x86-64 AVX2') };
    simulateRun({ shaped: inferShapes(built), symbolic: undefined, settings, unknowns });
    assert.ok(!unknowns.isEmpty);
  });
});
