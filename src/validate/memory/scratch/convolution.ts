import { type Kernel, product } from '../kernel.ts';
import { FLOAT_BYTES, NO_SCRATCH, type ScratchRule, type ScratchTable } from './rule.ts';

/** What one thread of MLAS expands patches of the image into, where it does not expand the whole. */
const PATCHES_PER_THREAD = 65536;

/** Floats of one segment of work below which MLAS takes fewer threads (MLAS_SGEMM_THREAD_COMPLEXITY). */
const WORK_PER_THREAD = 65536;

/**
 * MLAS on NCHW images, after its `MlasConvPrepare`: windows of one element need nothing; with more filters than places in the
 * output the patches of one image are expanded in full; otherwise piece by piece, a piece for each thread. Those that the layout pass
 * has taken over are other nodes, which work in place.
 */
const convolve: ScratchRule = (kernel) => {
  const [, channels = 0, ...window] = kernel.input(1).dims;
  const places = product(kernel.output(0).dims.slice(2));
  const filters = (kernel.input(1).dims[0] ?? 0) / kernel.int('group', 1);
  const depth = channels * product(window);
  if (isPointwise(kernel, window)) return [];
  if (filters > places) return [places * depth * FLOAT_BYTES];
  const threads = Math.min(kernel.settings.threads, Math.floor((filters * places * depth) / WORK_PER_THREAD) + 1);
  return [threads * PATCHES_PER_THREAD];
};

function isPointwise(kernel: Kernel, window: readonly number[]): boolean {
  return (
    window.every((size) => size === 1) &&
    (kernel.ints('strides') ?? []).every((stride) => stride === 1) &&
    (kernel.ints('pads') ?? []).every((pad) => pad === 0) &&
    kernel.text('auto_pad', 'NOTSET') !== 'SAME_UPPER'
  );
}

/** The product with the filters, before it is added up into the image: for one image and one group. */
const transposed: ScratchRule = (kernel) => {
  const [, filters = 0, ...window] = kernel.input(1).dims;
  return [filters * product(window) * product(kernel.input(0).dims.slice(2)) * FLOAT_BYTES];
};

/** By either kernel where both may do it: which one does is decided by the filters' zero points, too. */
const quantizedConvolution: ScratchRule = (kernel) => {
  const [summed, pointed] = [summedConvolution(kernel), pointedConvolution(kernel)];
  const bytesOf = (blocks: readonly number[]) => blocks.reduce((sum, bytes) => sum + bytes, 0);
  return pointed !== null && bytesOf(pointed) > bytesOf(summed) ? pointed : summed;
};

/**
 * MLAS's kernels for filters around zero, repacked at load, on images with their channels last, to which the runtime turns all of them where
 * it may: a table of pointers to what the window covers, for all images at once. `null` where no such kernel takes them (`MlasConvSymPackWSize`).
 */
function pointedConvolution(kernel: Kernel): readonly number[] | null {
  const filter = kernel.input(3);
  const [filters = 0, channels = 0, ...window] = filter.dims;
  const groups = kernel.int('group', 1);
  const isPacked = kernel.settings.prepacked && kernel.weight(3) !== null;
  const isTaken =
    groups === 1
      ? filters >= PACKED_FILTERS && channels % PACKED_CHANNELS === 0
      : channels === 1 && filters === groups && groups % PACKED_FILTERS === 0;
  if (!isPacked || !isTaken || filter.elementType !== 'int8' || kernel.input(0).elementType !== 'uint8') return null;
  const images = kernel.input(0).dims[0] ?? 1;
  const places = product(kernel.output(0).dims) / Math.max(filters, 1) / Math.max(images, 1);
  return isPointwise(kernel, window) ? [] : [images * places * product(window) * POINTER_BYTES];
}

const PACKED_FILTERS = 16;
const PACKED_CHANNELS = 4;

/** 32-bit sums, images turned to channels-last and back, and patches or the table of pointers to them, for one image. */
const summedConvolution: ScratchRule = (kernel) => {
  const isChannelsLast = kernel.int('channels_last', 0) === 1;
  const [filters = 0, channels = 0, ...window] = kernel.input(3).dims;
  const groups = kernel.int('group', 1);
  const image = product(kernel.input(0).dims.slice(1));
  const out = product(kernel.output(0).dims.slice(1));
  const places = out / Math.max(filters, 1);
  const turned = isChannelsLast ? [] : [image, out];
  const isDepthwise = channels === 1 && groups === filters;
  const patches = isDepthwise
    ? places * product(window) * POINTER_BYTES
    : isPointwise(kernel, window)
      ? 0
      : places * channels * groups * product(window);
  const reordered = kernel.settings.prepacked ? [] : [kernel.input(3).bytes];
  return [out * SUM_BYTES, ...turned, patches, ...reordered];
};

const POINTER_BYTES = 8;
const SUM_BYTES = 4;

const integerConvolution: ScratchRule = (kernel) => {
  const [, channels = 0, ...window] = kernel.input(1).dims;
  if (isPointwise(kernel, window)) return [];
  return [channels * product(window) * product(kernel.output(0).dims.slice(2))];
};

/** Patches of one image, and for each of their places where its value is found between four others. */
const deformable: ScratchRule = (kernel) => {
  const [, channels = 0, ...window] = kernel.input(1).dims;
  const places = product(window) * product(kernel.output(0).dims.slice(2));
  return [
    channels * kernel.int('group', 1) * places * FLOAT_BYTES,
    kernel.int('offset_group', 1) * places * SAMPLE_BYTES,
  ];
};

const SAMPLE_BYTES = 32;

/** For each word: its letters, windows over them, and what the filters make of these, before and after it is activated. */
const wordsOfLetters: ScratchRule = (kernel) => {
  const [words = 0, letters = 0] = kernel.input(0).dims;
  const [filters = 0, , window = 1, width = 0] = kernel.input(1).dims;
  const windows = Math.max(0, letters - window + 1);
  return [letters * width, windows * window * width, windows * filters, windows * filters].map(
    (count) => words * count * FLOAT_BYTES,
  );
};

export const convolution: ScratchTable = {
  Conv: convolve,
  'com.microsoft:FusedConv': convolve,
  'com.microsoft.nchwc:Conv': NO_SCRATCH,
  'com.microsoft.nchwc:MaxPool': NO_SCRATCH,
  'com.microsoft.nchwc:AveragePool': NO_SCRATCH,
  'com.microsoft.nchwc:GlobalMaxPool': NO_SCRATCH,
  'com.microsoft.nchwc:GlobalAveragePool': NO_SCRATCH,
  'com.microsoft.nchwc:Upsample': NO_SCRATCH,
  'com.microsoft.nchwc:ReorderInput': NO_SCRATCH,
  'com.microsoft.nchwc:ReorderOutput': NO_SCRATCH,
  ConvTranspose: transposed,
  'com.microsoft:ConvTransposeWithDynamicPads': transposed,
  'com.microsoft:WordConvEmbedding': wordsOfLetters,
  DeformConv: deformable,
  QLinearConv: quantizedConvolution,
  'com.microsoft:QLinearConv': quantizedConvolution,
  ConvInteger: integerConvolution,
};
