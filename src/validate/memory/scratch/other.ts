import { product } from '../kernel.ts';
import { FLOAT_BYTES, type ScratchRule, type ScratchTable } from './rule.ts';

const likeOutput: ScratchRule = (kernel) => [kernel.output(0).bytes];
const likeInput: ScratchRule = (kernel) => [kernel.input(0).bytes];

/** Operands are taken in two by two: one intermediate result for three of them, two for more. */
const variadic: ScratchRule = (kernel) => {
  const { length } = kernel.node.inputs;
  const { bytes } = kernel.output(0);
  return length < 3 ? [] : length === 3 ? [bytes] : [bytes, bytes];
};

/** Squares with a margin of channels for one image, and the scale of every element. */
const localResponse: ScratchRule = (kernel) => {
  const [, channels = 0, ...places] = kernel.input(0).dims;
  return [kernel.input(0).bytes, (channels + kernel.int('size', 1) - 1) * product(places) * FLOAT_BYTES];
};

/** Along any axis but the last, input and output are turned so that it becomes the last. */
const turned: ScratchRule = (kernel) => {
  const { dims, bytes } = kernel.input(0);
  const axis = kernel.int('axis', -1);
  return axis === -1 || axis === dims.length - 1 ? [] : [bytes, bytes];
};

/** Of all indices, as 64-bit integers. */
const indices: ScratchRule = (kernel) => [product(kernel.input(1).dims) * 8];

/** The kernel's value of every row with every support vector. */
const supportVectors: ScratchRule = (kernel) => {
  const { dims } = kernel.input(0);
  const rows = dims.length > 1 ? (dims[0] ?? 1) : 1;
  return [rows * Math.max(kernel.int('n_supports', 0), sum(kernel.ints('vectors_per_class') ?? [])) * FLOAT_BYTES];
};

/** Where each token lies in its text, in lists that double as they grow: the old one is there while the new one is filled. */
const tokenSlices: ScratchRule = (kernel) => [3 * product(kernel.output(0).dims) * SLICE_BYTES];

/** An address and a length. */
const SLICE_BYTES = 16;

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The input as floats, where it is quantized. */
const dequantized: ScratchRule = (kernel) => [product(kernel.input(0).dims) * FLOAT_BYTES];

/** Of each thread several copies of one matrix, as bench/kernel-scratch.ts saw them. */
const inverted: ScratchRule = (kernel) => {
  const [rows = 1, columns = 1] = kernel.input(0).dims.slice(-2);
  return new Array<number>(MATRICES * kernel.settings.threads).fill(rows * columns * FLOAT_BYTES);
};

const MATRICES = 8;

export const other: ScratchTable = {
  ...Object.fromEntries(['Max', 'Min', 'Sum', 'Mean'].map((name) => [name, variadic])),
  ...Object.fromEntries(['Softmax', 'LogSoftmax', 'Hardmax'].map((name) => [name, turned])),
  // Both branches by themselves, before they are merged.
  Where: (kernel) => [kernel.output(0).bytes, kernel.output(0).bytes],
  Dropout: (kernel) => [product(kernel.input(0).dims)],
  LRN: localResponse,
  MeanVarianceNormalization: likeInput,
  ScatterElements: indices,
  Scatter: indices,
  NonZero: likeOutput,
  Unique: (kernel) => [3 * kernel.input(0).bytes, 2 * kernel.input(0).bytes, 6 * kernel.input(0).bytes],
  'ai.onnx.ml:SVMRegressor': supportVectors,
  'ai.onnx.ml:SVMClassifier': supportVectors,
  'com.microsoft:BiasGelu': likeOutput,
  'com.microsoft:FastGelu': (kernel) => (kernel.has(1) ? likeOutput(kernel) : []),
  'com.microsoft:Inverse': inverted,
  'com.microsoft:QLinearAveragePool': dequantized,
  'com.microsoft:Tokenizer': tokenSlices,
};
