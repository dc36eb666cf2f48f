import { type Kernel, product } from '../kernel.ts';
import { FLOAT_BYTES, type ScratchRule, type ScratchTable } from './rule.ts';

/** Query, key and value as one product, the scores of every head, and the heads before they are merged. */
const packed: ScratchRule = (kernel) => {
  const [batch = 0, length = 0] = kernel.input(0).dims;
  const columns = kernel.input(1).dims[1] ?? 0;
  const heads = kernel.int('num_heads', 1);
  const past = kernel.input(4).dims[3] ?? 0;
  return [
    batch * length * columns * FLOAT_BYTES,
    batch * heads * length * (length + past) * FLOAT_BYTES,
    kernel.output(0).bytes,
    ...maskOf(kernel, PACKED_MASK, batch * length * (length + past)),
  ];
};

const PACKED_MASK = 3;
const SEPARATE_MASK = 4;

/** A mask of keys, or the one that lets none look ahead, becomes numbers that are added to the scores of all heads. */
function maskOf(kernel: Kernel, input: number, count: number): readonly number[] {
  return kernel.has(input) || kernel.int('unidirectional', 0) === 1 ? [count * FLOAT_BYTES] : [];
}

/** Query, key and value with bias and by heads, one of them twice while it is turned; scores where there is no flash attention. */
const separate: ScratchRule = (kernel) => {
  const [batch = 0, length = 0] = kernel.input(0).dims;
  const keys = keyLength(kernel);
  const turned = [0, 1, 2].map((index) => kernel.input(index).bytes);
  if (isFlash(kernel)) return [...turned, ...(kernel.has(BIAS) ? [Math.max(...turned)] : []), flashBytes(kernel)];
  const scores = batch * kernel.int('num_heads', 1) * length * keys * FLOAT_BYTES;
  return [...turned, Math.max(...turned), scores, ...maskOf(kernel, SEPARATE_MASK, batch * length * keys)];
};

const BIAS = 3;

/** Without masks, biases of scores and what is kept of earlier keys, the kernel goes through the scores piece by piece. */
function isFlash(kernel: Kernel): boolean {
  const isPlain = [4, 5, 6, 7].every((index) => !kernel.has(index));
  const isAlone = kernel.node.outputs.slice(1).every((name) => name === '');
  return isPlain && isAlone && kernel.int('unidirectional', 0) === 0 && kernel.input(0).dims.length === 3;
}

/** For each thread: rows of scores, no more than a head is wide twice, by all keys; processors with less cache take fewer of these. */
function flashBytes(kernel: Kernel): number {
  const [, length = 0, width = 0] = kernel.input(0).dims;
  const heads = kernel.int('num_heads', 1);
  const valueHead = (kernel.input(2).dims[2] ?? width) / heads;
  const rows = Math.min(length, width / heads + valueHead);
  return kernel.settings.threads * rows * (2 + keyLength(kernel) + valueHead) * FLOAT_BYTES;
}

/** Keys come as `[batch, length, width]`, or by heads with the length third. */
function keyLength(kernel: Kernel): number {
  const key = kernel.input(1).dims;
  const own = (key.length === 4 ? key[2] : key[1]) ?? kernel.input(0).dims[1] ?? 0;
  const past = kernel.input(6).dims[2] ?? 0;
  return own + past;
}

/** Query, key and value by heads, turned where they are; and scores, all of them where they are not gone through piece by piece. */
const grouped: ScratchRule = (kernel) => {
  const query = kernel.input(0);
  const [batch = 0, length = 0, columns = 0] = query.dims;
  const total = Math.max(length, kernel.output(1).dims[2] ?? 0, kernel.input(PAST_KEY).dims[2] ?? 0);
  const heads = kernel.int('num_heads', 1);
  // Left out where the query holds all three.
  const byHeads = [0, 1, 2].map((index) => kernel.input(index).bytes);
  const turned = kernel.int('do_rotary', 0) === 1 ? [query.bytes, kernel.input(1).bytes] : [];
  const whole = batch * heads * length * total * FLOAT_BYTES;
  // -1 where it is left to the runtime, as in prepared models.
  const isSmooth = kernel.int('smooth_softmax', -1) === 1 || kernel.has(HEAD_SINK);
  const isWhole = query.elementType !== 'float' || isSmooth || kernel.hasAttribute('softcap');
  if (isWhole) return [...byHeads, ...turned, whole];
  const width = kernel.has(1) ? columns / heads : columns / (heads + 2 * kernel.int('kv_num_heads', 1));
  const rows = Math.min(length, 2 * width);
  const pieces = kernel.settings.threads * (rows * (2 + total + width) * FLOAT_BYTES + PIECES_BESIDE);
  return [...byHeads, ...turned, Math.min(whole, pieces)];
};

const PAST_KEY = 3;
const HEAD_SINK = 11;
/** What each thread holds beside its rows of scores. */
const PIECES_BESIDE = 16384;

/** The standard's operator, on heads where they lie: scores, and the mask as numbers where it is none yet. */
const standard: ScratchRule = (kernel) => {
  const query = kernel.input(0);
  const [batch = 0] = query.dims;
  const isByHeads = query.dims.length === 4;
  const length = (isByHeads ? query.dims[2] : query.dims[1]) ?? 0;
  const heads = isByHeads ? (query.dims[1] ?? 1) : kernel.int('q_num_heads', 1);
  const key = kernel.input(1).dims;
  const past = kernel.input(4);
  const total = ((key.length === 4 ? key[2] : key[1]) ?? 0) + (past.dims[2] ?? 0);
  const isHalf = query.elementType === 'float16';
  const scores = batch * heads * length * total * (isHalf ? 2 : FLOAT_BYTES);
  const mask = kernel.input(MASK);
  const isMade = kernel.int('is_causal', 0) === 1 || mask.elementType === 'bool';
  const places = kernel.has(MASK) ? product(mask.dims) : length * total;
  const joined = kernel.has(4) && (kernel.node.outputs[1] ?? '') === '' ? [1, 2, 4, 5] : [];
  return [
    scores,
    ...(isMade ? [places * FLOAT_BYTES] : []),
    ...joined.map((index) => kernel.input(index).bytes),
    ...(isHalf ? [halfProductBytes(kernel, { length, total })] : []),
  ];
};

const MASK = 3;

/** Products in half precision are made of 32-bit floats where the processor has no others: for each thread, of one head. */
function halfProductBytes(kernel: Kernel, { length, total }: { length: number; total: number }): number {
  const { dims } = kernel.input(0);
  const width = dims.length === 4 ? (dims[3] ?? 0) : (dims[2] ?? 0) / kernel.int('q_num_heads', 1);
  return kernel.settings.threads * (length * width + total * width + length * total) * FLOAT_BYTES;
}

/** One row of scores for each head. */
const decoding: ScratchRule = (kernel) => {
  const [batch = 0] = kernel.input(0).dims;
  const total = Math.max(1, kernel.input(PAST_OF_DECODER).dims[2] ?? 0);
  return [batch * kernel.int('num_heads', 1) * total * FLOAT_BYTES];
};

const PAST_OF_DECODER = 5;

export const attention: ScratchTable = {
  Attention: standard,
  'com.microsoft:Attention': packed,
  'com.microsoft:MultiHeadAttention': separate,
  'com.microsoft:GroupQueryAttention': grouped,
  'com.microsoft:DecoderMaskedMultiHeadAttention': decoding,
  'com.microsoft:QAttention': (kernel) => [...packed(kernel), product(kernel.input(0).dims)],
};
