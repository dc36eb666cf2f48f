import { product } from '../kernel.ts';
import { einsum } from './einsum.ts';
import { FLOAT_BYTES, NO_SCRATCH, type ScratchRule, type ScratchTable } from './rule.ts';

/** The left operand, quantized. */
const quantizedLeft: ScratchRule = (kernel) => [product(kernel.input(0).dims)];

/** Products of 8-bit matrices are summed up in 32 bits before they are scaled down. */
const sums: ScratchRule = (kernel) =>
  kernel.output(0).elementType === 'float' ? [] : [product(kernel.output(0).dims) * 4];

/** Weights that are not repacked at load are unpacked to 32-bit floats in each run. */
const unpacked: ScratchRule = (kernel) =>
  kernel.settings.prepacked ? [] : [kernel.int('K', 0) * kernel.int('N', 0) * FLOAT_BYTES];

/** In four bits, always unpacked: nothing of it is made at load. */
const alwaysUnpacked: ScratchRule = (kernel) => [kernel.int('K', 0) * kernel.int('N', 0) * FLOAT_BYTES];

/** In blocks of four bits: where there is more than one row, each thread unpacks some columns at a time. */
const unpackedByColumns: ScratchRule = (kernel) => {
  const { dims } = kernel.input(0);
  const depth = dims.at(-1) ?? 0;
  const rows = product(dims.slice(0, -1));
  return rows > 1 ? new Array<number>(kernel.settings.threads).fill(depth * COLUMNS * FLOAT_BYTES) : [];
};

const COLUMNS = 32;

/** Both operands in 32 bits, the product before it goes out, and the pieces that Eigen packs of them. */
const widened: ScratchRule = (kernel) => {
  const [left, right] = [kernel.input(0).dims, kernel.input(1).dims];
  const depth = left.at(-1) ?? 1;
  const [rows, columns] = [left.at(-2) ?? 1, right.at(-1) ?? 1];
  const packed = Math.min(depth, PACKED_DEPTH) * (rows + columns);
  return [product(left), product(right), product(kernel.output(0).dims), packed].map((count) => count * FLOAT_BYTES);
};

const PACKED_DEPTH = 512;

/** Whole numbers are multiplied by Eigen, which packs pieces of both sides. */
const multiplied: ScratchRule = (kernel) => {
  const [left, right] = [kernel.input(0), kernel.input(1)];
  if (!/int/.test(left.elementType)) return [];
  const depth = Math.min(left.dims.at(-1) ?? 1, PACKED_DEPTH);
  const element = left.bytes / Math.max(1, product(left.dims));
  return [depth * ((left.dims.at(-2) ?? 1) + (right.dims.at(-1) ?? 1)) * element];
};

const quantizedGemm: ScratchRule = (kernel) => [
  ...sums(kernel),
  ...(kernel.int('transB', 0) === 1 && !kernel.settings.prepacked ? [kernel.input(3).bytes] : []),
];

export const matrix: ScratchTable = {
  MatMul: multiplied,
  Gemm: NO_SCRATCH,
  MatMulInteger: NO_SCRATCH,
  QLinearMatMul: sums,
  Einsum: einsum,
  'com.microsoft:FusedMatMul': NO_SCRATCH,
  'com.microsoft:FusedGemm': NO_SCRATCH,
  'com.microsoft:DynamicQuantizeMatMul': quantizedLeft,
  'com.microsoft:MatMulIntegerToFloat': NO_SCRATCH,
  'com.microsoft:QGemm': quantizedGemm,
  'com.microsoft:MatMulNBits': unpacked,
  'com.microsoft:MatMulBnb4': alwaysUnpacked,
  'com.microsoft:MatMulFpQ4': unpackedByColumns,
  'com.microsoft:MatMulInteger16': widened,
};
