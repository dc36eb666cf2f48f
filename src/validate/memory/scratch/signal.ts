import { type Kernel, product } from '../kernel.ts';
import { NO_SCRATCH, type ScratchRule, type ScratchTable } from './rule.ts';

/** Two 32-bit floats, or two of 64 bits. */
function complexBytes(kernel: Kernel): number {
  return kernel.input(0).elementType === 'double' ? 16 : 8;
}

/**
 * A table of one signal's length, and a second one where half of the spectrum goes out. Lengths that are no power of two become
 * convolutions of twice the next one (Bluestein), with five tables of that; measured by bench/kernel-scratch.ts.
 */
const fourier: ScratchRule = (kernel) => transformBytes(longestSide(kernel), kernel, kernel.int('onesided', 0) === 1);

function transformBytes(length: number, kernel: Kernel, isOneSided: boolean): readonly number[] {
  const bytes = complexBytes(kernel);
  if (isPowerOfTwo(length)) return new Array<number>(isOneSided ? 2 : 1).fill(length * bytes);
  return new Array<number>(CONVOLUTION_TABLES).fill(powerFrom(2 * length - 1) * bytes);
}

const CONVOLUTION_TABLES = 5;

/** Which axis is transformed may be a value, and how many of its points: the longest takes the most, at whichever number. */
function longestSide(kernel: Kernel): number {
  const sidesOf = ({ dims }: { readonly dims: readonly number[] }) => [dims[0] ?? 1, ...dims.slice(1, -1)];
  const own = sidesOf(kernel.input(0));
  const made = sidesOf(kernel.output(0));
  const isOneSided = kernel.int('onesided', 0) === 1;
  const asked = isOneSided ? made.flatMap((bins, axis) => wholeOf(bins, own[axis] ?? 1)) : made;
  const sides = [...own, ...asked];
  const odd = Math.max(1, ...sides.filter((side) => !isPowerOfTwo(side)));
  const longest = Math.max(...sides);
  return odd > 1 && CONVOLUTION_TABLES * powerFrom(2 * odd - 1) > longest ? odd : longest;
}

/** Points that half a spectrum may come from, where they are not those of the signal itself. */
function wholeOf(bins: number, points: number): readonly number[] {
  const isOwn = bins === points || bins === Math.floor(points / 2) + 1;
  return isOwn ? [] : [2 * (bins - 1), 2 * (bins - 1) + 1];
}

/** Each frame by itself. */
const shortTime: ScratchRule = (kernel) => {
  const isOneSided = kernel.int('onesided', 1) === 1;
  const bins = kernel.output(0).dims[2] ?? 1;
  const frame = Math.max(kernel.input(2).dims[0] ?? 0, isOneSided ? (bins - 1) * 2 : bins);
  return transformBytes(frame, kernel, isOneSided);
};

/** As large as input and output along each axis. */
const cropOrPad: ScratchRule = (kernel) => {
  const { dims, bytes } = kernel.input(0);
  const whole = kernel.output(0).dims.map((size, axis) => Math.max(size, dims[axis] ?? 0));
  return [product(whole) * (bytes / Math.max(1, product(dims)))];
};

function isPowerOfTwo(count: number): boolean {
  return count > 0 && Number.isInteger(Math.log2(count));
}

function powerFrom(least: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, least)));
}

export const signal: ScratchTable = {
  DFT: fourier,
  STFT: shortTime,
  CenterCropPad: cropOrPad,
  Col2Im: NO_SCRATCH,
};
