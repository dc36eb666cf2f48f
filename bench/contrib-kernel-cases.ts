import type { Tensor } from '../src/onnx/model.ts';
import { type AttributeParts, weight } from '../test/support/model-builder.ts';
import type { KernelCase } from './kernel-cases.ts';

interface More {
  readonly attributes?: AttributeParts;
  readonly weights?: readonly Tensor[];
  readonly upTo?: Readonly<Record<string, number>>;
}

const of = (node: string, inputs: readonly string[], more: More = {}): KernelCase => ({
  ...more,
  node: node.replace('= ', '= com.microsoft.'),
  inputs,
});

const ints = (type: 'int64' | 'int32', name: string, ...values: readonly number[]): Tensor =>
  weight(`${type}[${values.length}] ${name}`, {
    data: {
      kind: 'memory',
      bytes:
        type === 'int64'
          ? new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer)
          : new Uint8Array(Int32Array.from(values).buffer),
    },
  });

/** Experts whose weights have few bits. */
const fewBits = (
  rows: number,
  [width, inner, count]: readonly [number, number, number],
  { bits, chosen, type = 'float', more = {} }: { bits: number; chosen: number; type?: string; more?: AttributeParts },
): KernelCase =>
  of(
    'y = QMoE(x, gates, one, s1, , two, s2)',
    [
      `${type}[${rows}, ${width}] x`,
      `${type}[${rows}, ${count}] gates`,
      `uint8[${count}, ${inner}, ${(width * bits) / 8}] one`,
      `float[${count}, ${inner}] s1`,
      `uint8[${count}, ${width}, ${(inner * bits) / 8}] two`,
      `float[${count}, ${width}] s2`,
    ],
    { attributes: { k: chosen, activation_type: 'relu', expert_weight_bits: bits, ...more } },
  );

/** Rows go to experts by what their gates hold. */
const spreadOut = (each: KernelCase): KernelCase => ({ ...each, upTo: { gates: 1 } });

const QKV = (batch: number, length: number, width: number, kvWidth = width): readonly string[] => [
  `float[${batch}, ${length}, ${width}] q`,
  `float[${batch}, ${length}, ${kvWidth}] k`,
  `float[${batch}, ${length}, ${kvWidth}] v`,
];

/** Steps that look at a memory: how long the text is, how many and how wide the places of the memory, how wide the keys. */
const attentive = (
  [steps, batch, width]: readonly [number, number, number],
  [places, depth, keys]: readonly [number, number, number],
  direction = 'forward',
): KernelCase => {
  const count = direction === 'bidirectional' ? 2 : 1;
  return of(
    'y, h, c = AttnLSTM(x, w, r, b, , , , , qw, mw, v, m, , aw)',
    [
      ...[`float[${steps}, ${batch}, 128] x`, `float[${count}, ${4 * width}, ${128 + keys}] w`],
      ...[`float[${count}, ${4 * width}, ${width}] r`, `float[${count}, ${8 * width}] b`],
      ...[
        `float[${count}, ${width}, ${keys}] qw`,
        `float[${count}, ${depth}, ${keys}] mw`,
        `float[${count}, ${keys}] v`,
      ],
      ...[`float[${batch}, ${places}, ${depth}] m`, `float[${count}, ${depth + width}, ${keys}] aw`],
    ],
    { attributes: { hidden_size: width, direction } },
  );
};

/** Weights in blocks of 32, each with its scale and zero. */
const blocksOfFourBits = (rows: number, depth: number, columns: number): KernelCase =>
  of('y = MatMulFpQ4(a, b, s)', [`float[${rows}, ${depth}] a`, `uint8[${(columns * depth * 21) / 32}] b`], {
    attributes: { blk_quant_type: 1 },
    weights: [ints('int64', 's', depth, columns)],
  });

/** Rows and columns of blocks, all of which are looked at. */
const sparse = (batch: number, length: number, heads: number, kvHeads: number): KernelCase => {
  const blocks = length / 64;
  const columns = Array.from({ length: blocks }, (_, row) => Array.from({ length: row + 1 }, (__, at) => at)).flat();
  const rows = Array.from({ length: blocks + 1 }, (_, row) => (row * (row + 1)) / 2);
  const held = (type: 'int32', name: string, values: readonly number[]): Tensor => ({
    ...ints(type, name, ...values),
    dims: [1, values.length],
  });
  return of(
    'y, pk, pv = SparseAttention(q, k, v, k0, v0, br, bc, t, kt)',
    [
      ...QKV(batch, length, heads * 64, kvHeads * 64),
      ...['k0', 'v0'].map((name) => `float[${batch}, ${kvHeads}, ${length}, 64] ${name}`),
    ],
    {
      attributes: { num_heads: heads, kv_num_heads: kvHeads, sparse_block_size: 64 },
      weights: [
        held('int32', 'br', rows),
        held('int32', 'bc', columns),
        ints('int32', 't', length),
        ints('int32', 'kt', ...Array.from({ length: batch }, () => length)),
      ],
    },
  );
};

/** Query, key and value by groups of heads, and what is kept of earlier ones. */
const grouped = (
  [batch, length, total]: readonly [number, number, number],
  attributes: AttributeParts = {},
  more: readonly string[] = [],
): KernelCase =>
  of(
    `y, pk, pv = GroupQueryAttention(q, k, v, k0, v0, l, t${more.length > 0 ? ', , , , b' : ''})`,
    [
      ...QKV(batch, length, 512, 128),
      ...['k0', 'v0'].map((name) => `float[${batch}, 2, ${total - length}, 64] ${name}`),
      ...more,
    ],
    {
      attributes: { num_heads: 8, kv_num_heads: 2, ...attributes },
      weights: [
        ints('int32', 'l', ...Array.from({ length: batch }, () => total - 1)),
        { ...ints('int32', 't', total), dims: [] },
      ],
    },
  );

export const CONTRIB_CASES: readonly KernelCase[] = [
  fewBits(1024, [256, 1024, 8], { bits: 4, chosen: 2 }),
  fewBits(2048, [256, 1024, 8], { bits: 4, chosen: 2 }),
  fewBits(1024, [256, 1024, 8], { bits: 8, chosen: 2 }),
  fewBits(1024, [256, 1024, 16], { bits: 8, chosen: 2 }),
  fewBits(1024, [256, 1024, 8], { bits: 4, chosen: 4 }),
  fewBits(1024, [512, 1024, 8], { bits: 4, chosen: 1 }),
  fewBits(1024, [256, 2048, 8], { bits: 4, chosen: 2 }),
  fewBits(64, [512, 2048, 8], { bits: 8, chosen: 2 }),
  fewBits(1024, [256, 1024, 8], { bits: 4, chosen: 2, type: 'float16' }),
  spreadOut(fewBits(1024, [256, 1024, 8], { bits: 4, chosen: 2 })),
  spreadOut(fewBits(1024, [256, 1024, 2], { bits: 4, chosen: 1 })),
  {
    ...fewBits(1024, [256, 1024, 8], { bits: 4, chosen: 2, more: { activation_type: 'swiglu', swiglu_fusion: 1 } }),
    inputs: [
      ...['float[1024, 256] x', 'float[1024, 8] gates', 'uint8[8, 2048, 128] one', 'float[8, 2048] s1'],
      ...['uint8[8, 256, 512] two', 'float[8, 256] s2'],
    ],
  },
  {
    ...spreadOut(
      of(
        'y = MoE(x, gates, one, , two)',
        [...['float[1024, 256] x', 'float[1024, 2] gates', 'float[2, 1024, 256] one', 'float[2, 256, 1024] two']],
        { attributes: { k: 1, activation_type: 'relu' } },
      ),
    ),
    makesSpareRoom: true,
  },
  grouped([8, 1, 2048]),
  grouped([2, 512, 512]),
  grouped([1, 1024, 1024]),
  grouped([2, 512, 512], { softcap: 30.5 }),
  grouped([2, 512, 512], { local_window_size: 64 }),
  grouped([2, 512, 512], { smooth_softmax: 1 }),
  grouped([2, 512, 512], {}, ['float[2, 8, 512, 512] b']),
  ...[512, 1024].flatMap((length) =>
    ['q, , ', 'q, k, v'].map((given) =>
      of(
        `y, pk, pv = GroupQueryAttention(${given}, k0, v0, l, t, c, s)`,
        [
          ...(given === 'q, k, v' ? QKV(1, length, 512, 128) : [`float[1, ${length}, 768] q`]),
          ...['k0', 'v0'].map((name) => `float[1, 2, 0, 64] ${name}`),
          ...['c', 's'].map((name) => `float[4096, 32] ${name}`),
        ],
        {
          attributes: { num_heads: 8, kv_num_heads: 2, do_rotary: 1 },
          weights: [ints('int32', 'l', length - 1), { ...ints('int32', 't', length), dims: [] }],
        },
      ),
    ),
  ),
  attentive([64, 32, 256], [50, 128, 64]),
  attentive([64, 32, 256], [200, 128, 64]),
  attentive([64, 32, 256], [50, 512, 64]),
  attentive([64, 32, 256], [50, 128, 256]),
  attentive([64, 32, 512], [50, 128, 64]),
  attentive([2, 1024, 128], [4, 64, 64]),
  attentive([64, 32, 256], [50, 128, 64], 'reverse'),
  attentive([64, 32, 256], [500, 128, 64], 'bidirectional'),
  blocksOfFourBits(1, 8192, 8192),
  blocksOfFourBits(2, 8192, 8192),
  blocksOfFourBits(512, 1024, 512),
  blocksOfFourBits(512, 4096, 512),
  sparse(1, 512, 8, 8),
  sparse(2, 1024, 8, 4),
  ...[1024, 2048].flatMap((length) => [
    of('y, m = BiasDropout(x, b)', [`float[${length}, 1024] x`, 'float[1024] b']),
    of('y = BiasGelu(x, b)', [`float[${length}, 1024] x`, 'float[1024] b']),
    of('y = QuickGelu(x)', [`float[${length}, 1024] x`]),
    of('y = FastGelu(x, b)', [`float[${length}, 1024] x`, 'float[1024] b']),
    of('y = Gelu(x)', [`float[${length}, 1024] x`]),
    of('y = SampleOp(x)', [`float[${length}, 1024] x`]),
    of('y = DynamicTimeWarping(x)', [`float[1, ${length}, 512] x`], { upTo: { x: 1 } }),
    of('y = GatedAdd(x, z, g)', [
      ...['x', 'z'].map((name) => `float[4, ${length}, 256] ${name}`),
      `float[4, ${length}, 1] g`,
    ]),
    of('y = GatedRMSNorm(x, s, g)', [`float[4, ${length}, 256] x`, 'float[256] s', `float[4, ${length}, 256] g`]),
    of('y = EngramGate(k, q, v, a, b)', [
      ...['k', 'q'].map((name) => `float[4, ${length}, 2, 256] ${name}`),
      `float[4, ${length}, 256] v`,
      'float[2, 256] a',
      'float[2, 256] b',
    ]),
    of('d, e = LinearAttentionGate(a, t, s, b)', [
      `float[4, ${length}, 256] a`,
      'float[256] t',
      'float[256] s',
      `float[4, ${length}, 256] b`,
    ]),
    of('y, p = CausalConvWithState(x, w, b, p0)', [
      `float[4, 256, ${length}] x`,
      'float[256, 1, 4] w',
      'float[256] b',
      'float[4, 256, 3] p0',
    ]),
    of(
      'y, p = CausalConvWithState(x, w, b, p0)',
      [`float[4, 256, ${length}] x`, 'float[256, 1, 4] w', 'float[256] b', 'float[4, 256, 3] p0'],
      { attributes: { activation: 'silu' } },
    ),
    of('y, s = LinearAttention(q, k, v, s0)', [...QKV(2, length, 512), 'float[2, 8, 64, 64] s0'], {
      attributes: { q_num_heads: 8, kv_num_heads: 8, update_rule: 'linear' },
    }),
    of(
      'y, s = LinearAttention(q, k, v, s0, d, e)',
      [...QKV(2, length, 512), 'float[2, 8, 64, 64] s0', `float[2, ${length}, 8] d`, `float[2, ${length}, 8] e`],
      { attributes: { q_num_heads: 8, kv_num_heads: 8, update_rule: 'gated_delta' } },
    ),
    of(
      'y = MRotaryEmbedding(x, p, c, s)',
      [`float[2, ${length}, 512] x`, `int64[3, 2, ${length}] p`, 'float[4096, 32] c', 'float[4096, 32] s'],
      { attributes: { num_heads: 8, mrope_section: [8, 12, 12] } },
    ),
    of(
      'y = MatMulBnb4(a, b, m)',
      [`float[256, ${length}] a`, `uint8[${(length * 512) / 2}] b`, `float[${(length * 512) / 64}] m`],
      {
        attributes: { K: length, N: 512, block_size: 64, quant_type: 1 },
      },
    ),
    of('y = MatMulInteger16(a, b)', [`int16[512, ${length}] a`, `int16[${length}, 512] b`]),
    of('y = NGramHashMapping(i, m, z)', [`int64[4, ${length}] i`], {
      attributes: { max_ngram_size: 3, n_head_per_ngram: 8, pad_id: 0 },
      weights: [ints('int64', 'm', 3, 5, 7), ints('int64', 'z', ...Array.from({ length: 16 }, () => 1009))],
    }),
    of(
      'y = WordConvEmbedding(x, w, b, c)',
      [`int32[${length}, 16] x`, 'float[128, 1, 3, 32] w', 'float[128] b', 'float[256, 32] c'],
      {
        attributes: { embedding_size: 128, conv_window_size: 3, char_embedding_size: 32 },
      },
    ),
    of('y = ConvTransposeWithDynamicPads(x, w, p)', [`float[2, 64, 32, ${length / 32}] x`, 'float[64, 32, 4, 4] w'], {
      attributes: { strides: [2, 2] },
      weights: [ints('int64', 'p', 1, 1, 1, 1)],
    }),
    of('y, i = BifurcationDetector(s, c, p)', [`int64[${64 * length}] s`, `int64[${64 * length}] c`], {
      attributes: { min_ngram_size: 1, max_ngram_size: 3 },
      weights: [{ ...ints('int64', 'p', 0), dims: [] }],
    }),
    of(
      'y, pk, pv = DecoderMaskedMultiHeadAttention(q, k, v, , , k0, v0, l)',
      [...QKV(8, 1, 512), ...['k0', 'v0'].map((name) => `float[8, 8, ${length}, 64] ${name}`)],
      {
        attributes: { num_heads: 8, past_present_share_buffer: 1 },
        weights: [ints('int32', 'l', length - 1)],
      },
    ),
    of(
      'y, pk, pv = GroupQueryAttention(q, k, v, k0, v0, l, t)',
      [
        ...QKV(2, length / 4, 512, 128),
        ...['k0', 'v0'].map((name) => `float[2, 2, ${length / 4}, 64] ${name}`),
        'int32[2] l',
      ],
      {
        attributes: { num_heads: 8, kv_num_heads: 2 },
        weights: [{ ...ints('int32', 't', length / 4), dims: [] }],
      },
    ),
    of(
      'y = QAttention(x, w, b, xs, ws, m, xz, wz)',
      [
        `uint8[2, ${length / 4}, 256] x`,
        'uint8[256, 768] w',
        'float[768] b',
        'float[] xs',
        'float[] ws',
        'uint8[] xz',
        'uint8[] wz',
      ].filter((text) => !text.endsWith(' m')),
      {
        attributes: { num_heads: 4 },
        weights: [ints('int32', 'm', length / 4, length / 4)],
      },
    ),
    of(
      'y = MatMulNBits(a, b, s)',
      [`float[256, ${length}] a`, `uint8[512, ${length / 32}, 16] b`, `float[${(512 * length) / 32}] s`],
      {
        attributes: { K: length, N: 512, bits: 4, block_size: 32 },
      },
    ),
    of(
      'y = MatMulNBits(a, b, s)',
      [`float[256, ${length}] a`, `uint8[512, ${length / 32}, 16] b`, `float[${(512 * length) / 32}] s`],
      {
        attributes: { K: length, N: 512, bits: 4, block_size: 32, accuracy_level: 4 },
      },
    ),
    of(
      'y = MatMulNBits(a, b, s)',
      [`float[256, ${length}] a`, `uint8[512, ${length / 32}, 32] b`, `float[${(512 * length) / 32}] s`],
      {
        attributes: { K: length, N: 512, bits: 8, block_size: 32 },
      },
    ),
    of('y = QLinearAdd(a, as, az, b, bs, bz, ys, yz)', [
      `uint8[${length}, 1024] a`,
      `uint8[${length}, 1024] b`,
      ...['as', 'bs', 'ys'].map((name) => `float[] ${name}`),
      ...['az', 'bz', 'yz'].map((name) => `uint8[] ${name}`),
    ]),
    of('y = QLinearGlobalAveragePool(x, xs, xz, ys, yz)', [
      `uint8[4, ${length}, 32, 32] x`,
      'float[] xs',
      'float[] ys',
      'uint8[] xz',
      'uint8[] yz',
    ]),
    of('y = DynamicQuantizeMatMul(a, b, s)', [`float[512, ${length}] a`, `int8[${length}, 512] b`, 'float[1] s']),
    of('y = BiasSoftmax(x, b)', [`float[64, ${length}, 32] x`, `float[1, ${length}, 32] b`], {
      attributes: { axis: 2, is_inner_broadcast: 0 },
    }),
    of('y, a, r, u = SkipLayerNormalization(x, s, g, b)', [
      `float[4, ${length}, 256] x`,
      `float[4, ${length}, 256] s`,
      'float[256] g',
      'float[256] b',
    ]),
    of('y, a, r, u = SkipSimplifiedLayerNormalization(x, s, g)', [
      `float16[4, ${length}, 256] x`,
      `float16[4, ${length}, 256] s`,
      'float16[256] g',
    ]),
    of(
      'y = RotaryEmbedding(x, p, c, s)',
      [`float[4, ${length}, 512] x`, `int64[4, ${length}] p`, 'float[4096, 32] c', 'float[4096, 32] s'],
      { attributes: { num_heads: 8 } },
    ),
  ]),
];
