import { type Kernel, product } from '../kernel.ts';
import type { ValueSize } from '../value-sizes.ts';
import { FLOAT_BYTES, NO_SCRATCH, type ScratchRule, type ScratchTable } from './rule.ts';

/** Between which pixels each place of one image's output is found, where images have two sides. */
const sampled: ScratchRule = (kernel) => {
  const mode = kernel.text('mode', 'linear');
  const isFlat = kernel.input(0).dims.length === 4;
  return isFlat && (mode === 'linear' || mode === 'bilinear')
    ? [product(kernel.output(0).dims.slice(2)) * PLACE_BYTES]
    : [];
};

const PLACE_BYTES = 56;

/** Smoothed along one side before the other, an image at a time. */
const resized: ScratchRule = (kernel) => {
  const [from, to] = [kernel.input(0), kernel.output(0)];
  if (kernel.int('antialias', 0) !== 1) return kernel.text('mode', 'nearest') === 'cubic' ? curvedRows(from, to) : [];
  const element = from.bytes / Math.max(1, product(from.dims));
  const sides = to.dims.map((size, axis) => Math.max(size, from.dims[axis] ?? 1));
  // Whichever side is the last to change: the others are as they come in.
  const last = to.dims.findLastIndex((size, axis) => size !== from.dims[axis]);
  const between = from.dims.map((size, axis) => (axis === last ? (to.dims[axis] ?? size) : size));
  return [(product(from.dims.length > 4 ? sides : between) / Math.max(1, imagesOf(kernel))) * element];
};

/** Of one image: every row that counts, resized along the other side, in a table that finds each number by where it came from. */
function curvedRows(from: ValueSize, to: ValueSize): readonly number[] {
  const [rows, made, columns] = [from.dims.at(-2) ?? 1, to.dims.at(-2) ?? 1, to.dims.at(-1) ?? 1];
  return [Math.min(rows, CUBIC_ROWS * made) * columns * ENTRY_BYTES];
}

const CUBIC_ROWS = 4;
const ENTRY_BYTES = 48;

function imagesOf(kernel: Kernel): number {
  const { dims } = kernel.input(0);
  return dims.length > 2 ? (dims[0] ?? 1) : 1;
}

/** The places of one image, turned, held for all threads, and what each of these makes of them. */
const affineGrid: ScratchRule = (kernel) => {
  const { dims, elementType } = kernel.output(0);
  const [batch = 1, ...rest] = dims;
  const copies = 3 + Math.min(kernel.settings.threads, batch);
  return new Array<number>(copies).fill(product(rest) * (elementType === 'double' ? 8 : FLOAT_BYTES));
};

export const images: ScratchTable = {
  GridSample: sampled,
  'com.microsoft:GridSample': sampled,
  Resize: resized,
  Upsample: NO_SCRATCH,
  AffineGrid: affineGrid,
};
