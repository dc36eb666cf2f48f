import { blockBytes } from '../block-bytes.ts';
import { type Kernel, product } from '../kernel.ts';
import { FLOAT_BYTES, type ScratchRule, type ScratchTable } from './rule.ts';

const likeOutput: ScratchRule = (kernel) => [kernel.output(0).bytes];

/** Operands are taken in two by two: what the first ones come to stands beside what the next makes of it, which at last is the output. */
const variadic: ScratchRule = (kernel) => {
  const shapes = kernel.node.inputs.map((_, index) => kernel.input(index).dims);
  const made = shapes.slice(1).map((_, at) => commonCount(shapes.slice(0, at + 2)) * elementOf(kernel));
  const held = made.slice(0, -1).map((bytes, at) => bytes + (made[at + 1] ?? 0));
  return [Math.max(0, Math.max(0, ...held) - kernel.output(0).bytes)];
};

/** What is taken of either side, before they are merged. */
const chosen =
  (...sides: readonly number[]): ScratchRule =>
  (kernel) =>
    sides.map((side) => commonCount([kernel.input(0).dims, kernel.input(side).dims]) * elementOf(kernel));

function elementOf(kernel: Kernel): number {
  const { dims, bytes } = kernel.output(0);
  return bytes / Math.max(1, product(dims));
}

/** Elements of what these shapes are broadcast to. */
function commonCount(shapes: readonly (readonly number[])[]): number {
  const rank = Math.max(0, ...shapes.map(({ length }) => length));
  const sides = Array.from({ length: rank }, (_, back) => shapes.map((dims) => dims.at(-1 - back) ?? 1));
  return product(sides.map((sizes) => (sizes.includes(0) ? 0 : Math.max(...sizes))));
}

/** Of each thread the places of one row, where so many are wanted that they are sorted; else a heap of those. */
const largestOf: ScratchRule = (kernel) => {
  const { dims } = kernel.input(0);
  const axis = kernel.int('axis', -1);
  const at = axis < 0 ? axis + dims.length : axis;
  const [length, wanted] = [dims[at] ?? 1, kernel.output(0).dims[at] ?? 1];
  const isHeap = wanted < FEWEST_SORTED || Math.log2(wanted) / Math.log2(length) < SORTED_FROM;
  const rows = product(dims) / Math.max(1, length);
  const threads = Math.max(1, Math.min(kernel.settings.threads, rows));
  return new Array<number>(threads).fill((isHeap ? 2 * wanted : length) * INDEX_BYTES);
};

const FEWEST_SORTED = 4;
const SORTED_FROM = 0.725;
const INDEX_BYTES = 8;

/**
 * A tree of all that is different, which at the most is everything, and lists of where each came from; along an axis slices are copied
 * before they are compared. Measured by bench/kernel-scratch.ts, on values that all differ.
 */
const distinct: ScratchRule = (kernel) => {
  const { dims, bytes, elementType } = kernel.input(0);
  const axis = kernel.int('axis', Number.NaN);
  const isWhole = Number.isNaN(axis);
  const count = isWhole ? product(dims) : (dims.at(axis) ?? 1);
  const copies = isWhole ? 0 : SLICE_COPIES * bytes;
  const node = elementType === 'string' && isWhole ? bytes / Math.max(1, count) + TREE_NODE_BYTES : TREE_NODE_BYTES;
  return [count * node, count * INDEX_BYTES, powerFrom(count) * INDEX_BYTES, copies];
};

const TREE_NODE_BYTES = 117;
const SLICE_COPIES = 3.6;

/** Boxes of one class by their scores, those that are kept of it, and a list of all that are kept, which doubles as it grows. */
const suppressed: ScratchRule = (kernel) => {
  const boxes = kernel.input(1).dims[2] ?? 0;
  const kept = kernel.output(0).dims[0] ?? 0;
  const ofClass = (powerFrom(boxes) * 3 * INDEX_BYTES) / 2 + powerFrom(Math.min(boxes, kept)) * BOX_BYTES;
  const list = (powerFrom(kept) * 3 * BOX_BYTES) / 2;
  return [Math.max(0, ofClass + list - kernel.output(0).bytes, list / 2)];
};

/** Four corners and a place, or a place of three numbers. */
const BOX_BYTES = 24;

function powerFrom(least: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, least)));
}

/** Where each slice begins. */
const slices: ScratchRule = (kernel) => [product(kernel.input(1).dims.slice(0, -1)) * INDEX_BYTES];

/** One matrix, as it is and taken apart. */
const decomposed: ScratchRule = (kernel) => {
  const { dims, bytes } = kernel.input(0);
  const matrix = bytes / Math.max(1, product(dims.slice(0, -2)));
  return [matrix, matrix];
};

/** Rows of costs and of steps, each with what the heap adds to it, and the path, in lists that double as they grow. */
const warped: ScratchRule = (kernel) => {
  const [rows = 1, columns = 1] = kernel.input(0).dims.slice(-2);
  const rowBytes = blockBytes((columns + 1) * FLOAT_BYTES) + blockBytes(columns + 1) + 2 * LIST_BYTES;
  return [(rows + 1) * rowBytes, (rows + columns) * (3 * LIST_BYTES + SMALLEST_BLOCK)];
};

const LIST_BYTES = 24;
const SMALLEST_BLOCK = 32;

/** Both operands, the sum and the result in 32 bits, where they come in half of that. */
const skipped: ScratchRule = (kernel) =>
  kernel.input(0).elementType === 'float16' ? new Array<number>(4).fill(2 * kernel.input(0).bytes) : [];

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

/** Squares of the whole; where the axes that are looked at are not the last ones, all of it turned and back, and a number for the rest. */
const centred: ScratchRule = (kernel) => {
  const { dims, bytes } = kernel.input(0);
  const axes = new Set((kernel.ints('axes') ?? CENTRED_AXES).map((axis) => (axis < 0 ? axis + dims.length : axis)));
  const isInner = dims.every((_, axis) => axes.has(axis) || axis < dims.length - axes.size);
  return isInner ? [bytes] : [bytes, bytes, bytes, product(dims.filter((_, axis) => !axes.has(axis))) * FLOAT_BYTES];
};

const CENTRED_AXES = [0, 2, 3];

/** Of all indices, as 64-bit integers. */
const indices: ScratchRule = (kernel) => [product(kernel.input(1).dims) * 8];

/** The kernel's value of every row with every support vector. */
const supportVectors: ScratchRule = (kernel) => [rowsOf(kernel) * kernel.int('n_supports', 0) * FLOAT_BYTES];

/** The same, and each row's votes for classes; where chances are wanted, its scores for pairs of them, and a chance for either of two. */
const votes: ScratchRule = (kernel) => {
  const rows = rowsOf(kernel);
  const classes = kernel.countOf('vectors_per_class');
  if (classes === 0) return [];
  const vectors = kernel.countOf('coefficients') / Math.max(1, classes - 1);
  const pairs = (classes * (classes - 1)) / 2;
  const chances = kernel.countOf('prob_a') > 0 ? [rows * pairs * FLOAT_BYTES, rows * classes ** 2 * FLOAT_BYTES] : [];
  return [rows * vectors * FLOAT_BYTES, rows * classes * 8, ...chances];
};

function rowsOf(kernel: Kernel): number {
  const { dims } = kernel.input(0);
  return dims.length > 1 ? (dims[0] ?? 1) : 1;
}

/** Where each token lies in its text, in lists that double as they grow: the old one is there while the new one is filled. */
const tokenSlices: ScratchRule = (kernel) => [3 * product(kernel.output(0).dims) * SLICE_BYTES];

/** An address and a length. */
const SLICE_BYTES = 16;

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
  // Functions of the standard, where the runtime has not taken them apart.
  ...Object.fromEntries(['Mish', 'HardSwish', 'Swish'].map((name) => [name, likeOutput])),
  Where: chosen(1, 2),
  'com.microsoft:QLinearWhere': chosen(1, 4),
  // Numbers that are drawn, or chances summed up, of one row.
  Bernoulli: (kernel) => [product(kernel.input(0).dims)],
  Multinomial: (kernel) => [(kernel.input(0).dims[1] ?? 0) * 8],
  TopK: largestOf,
  ScatterND: slices,
  GatherND: slices,
  'com.microsoft:GatherND': slices,
  Det: decomposed,
  'com.microsoft:DynamicTimeWarping': warped,
  'com.microsoft:SkipLayerNormalization': skipped,
  'com.microsoft:SkipSimplifiedLayerNormalization': skipped,
  Dropout: (kernel) => [product(kernel.input(0).dims)],
  LRN: localResponse,
  MeanVarianceNormalization: centred,
  ScatterElements: indices,
  Scatter: indices,
  NonZero: likeOutput,
  Unique: distinct,
  'com.microsoft:Unique': distinct,
  NonMaxSuppression: suppressed,
  'ai.onnx.ml:SVMRegressor': supportVectors,
  'ai.onnx.ml:SVMClassifier': votes,
  'com.microsoft:BiasGelu': likeOutput,
  'com.microsoft:FastGelu': (kernel) => (kernel.has(1) ? likeOutput(kernel) : []),
  'com.microsoft:Inverse': inverted,
  // Turned since the operator set that an attribute of it names.
  'com.microsoft:QLinearSoftmax': (kernel) => (kernel.int('opset', 0) < 13 ? [] : turned(kernel)),
  'com.microsoft:QLinearAveragePool': dequantized,
  'com.microsoft:Tokenizer': tokenSlices,
};
