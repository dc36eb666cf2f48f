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

const grouped: ScratchRule = (kernel) => {
  const [batch = 0, length = 0] = kernel.input(0).dims;
  const total = kernel.output(1).dims[2] ?? length;
  const heads = kernel.int('num_heads', 1);
  return [kernel.input(0).bytes, kernel.output(0).bytes, batch * heads * length * total * FLOAT_BYTES];
};

/** The standard's operator: scores, and query, key and value by heads. */
const standard: ScratchRule = (kernel) => {
  const query = kernel.input(0);
  const [batch = 0] = query.dims;
  const length = (query.dims.length === 4 ? query.dims[2] : query.dims[1]) ?? 0;
  const heads = query.dims.length === 4 ? (query.dims[1] ?? 1) : kernel.int('q_num_heads', 1);
  const key = kernel.input(1).dims;
  const keys = ((key.length === 4 ? key[2] : key[1]) ?? 0) + (kernel.input(4).dims[2] ?? 0);
  const byHeads = query.dims.length === 4 ? [] : [0, 1, 2].map((index) => kernel.input(index).bytes);
  return [...byHeads, 2 * batch * heads * length * keys * FLOAT_BYTES];
};

export const attention: ScratchTable = {
  Attention: standard,
  'com.microsoft:Attention': packed,
  'com.microsoft:MultiHeadAttention': separate,
  'com.microsoft:GroupQueryAttention': grouped,
  'com.microsoft:QAttention': (kernel) => [...packed(kernel), product(kernel.input(0).dims)],
};
