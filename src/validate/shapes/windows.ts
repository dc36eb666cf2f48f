import { Contradiction } from './contradiction.ts';
import { renderShape, type Sizes } from './fact.ts';
import type { NodeContext } from './node-context.ts';
import { add, multiply, subtract, sum } from './size/arithmetic.ts';
import { ceilDivide, floorDivide } from './size/division.ts';
import { smaller } from './size/extremes.ts';
import type { Size } from './size/size.ts';

/** How a window of convolution or pooling moves over the spatial dimensions, one entry for each. */
export interface Windows {
  readonly kernel: Sizes;
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding at the beginning and at the end of each dimension. */
  readonly pads: readonly (readonly [begin: number, end: number])[];
  readonly autoPad: string;
  readonly ceilMode: boolean;
}

/** Reads the attributes that all window operators share; the kernel is an attribute, or the trailing shape of the weights. */
export function windowsOf(context: NodeContext, kernel: Sizes): Windows {
  const rank = kernel.length;
  const pads = listOf(context, 'pads', rank * 2, 0, 0);
  const flat = kernel.find((size) => typeof size === 'number' && size < 1);
  if (flat !== undefined)
    throw new Contradiction('a window has no extent', { found: renderShape(kernel), wanted: 'sizes of at least 1' });
  return {
    kernel,
    strides: listOf(context, 'strides', rank, 1, 1),
    dilations: listOf(context, 'dilations', rank, 1, 1),
    pads: kernel.map((_, axis) => [pads[axis] ?? 0, pads[axis + rank] ?? 0] as const),
    autoPad: context.text('auto_pad', 'NOTSET'),
    ceilMode: context.flag('ceil_mode'),
  };
}

/** The kernel as an attribute says it; throws `Contradiction` where it does not fit the input. */
export function kernelAttribute(context: NodeContext, rank: number): Sizes {
  const kernel = context.ints('kernel_shape');
  if (!kernel) throw new Contradiction('attribute kernel_shape is missing');
  if (kernel.length !== rank) throw wrongLength('kernel_shape', kernel.length, rank);
  return kernel;
}

/** How many places each window has: the spatial dimensions after a convolution or a pooling. */
export function slide(spatial: Sizes, windows: Windows): Sizes {
  return spatial.map((size, axis) => {
    const stride = windows.strides[axis] ?? 1;
    if (windows.autoPad.startsWith('SAME')) return ceilDivide(size, stride);
    const [begin, end] = windows.autoPad === 'VALID' ? [0, 0] : (windows.pads[axis] ?? [0, 0]);
    const room = subtract(sum([size, begin, end]), extent(windows, axis));
    if (!windows.ceilMode) return add(floorDivide(room, stride), 1);
    // A window that rounding up has added must still begin inside the data or its leading padding.
    return smaller(add(ceilDivide(room, stride), 1), ceilDivide(add(size, begin), stride));
  });
}

/** The spatial dimensions from which `slide` would come back to these: what a transposed convolution gives. */
export function unslide(spatial: Sizes, windows: Windows, outputPadding: readonly number[]): Sizes {
  return spatial.map((size, axis) => {
    const stride = windows.strides[axis] ?? 1;
    if (windows.autoPad.startsWith('SAME')) return multiply(size, stride);
    const [begin, end] = windows.autoPad === 'VALID' ? [0, 0] : (windows.pads[axis] ?? [0, 0]);
    const last = add(multiply(subtract(size, 1), stride), outputPadding[axis] ?? 0);
    return subtract(add(last, extent(windows, axis)), begin + end);
  });
}

/** A list attribute with this many entries, or as many defaults. */
export function listOf(
  context: NodeContext,
  name: string,
  length: number,
  otherwise: number,
  least?: number,
): readonly number[] {
  const list = context.ints(name);
  if (!list || list.length === 0) return new Array<number>(length).fill(otherwise);
  if (list.length !== length) throw wrongLength(name, list.length, length);
  const low = list.find((value) => least !== undefined && value < least);
  if (low !== undefined)
    throw new Contradiction(`attribute ${name} is out of range`, { found: String(low), wanted: `at least ${least}` });
  return list;
}

/** From the first to the last element that a window touches. */
function extent(windows: Windows, axis: number): Size {
  return add(multiply(subtract(windows.kernel[axis] ?? 1, 1), windows.dilations[axis] ?? 1), 1);
}

function wrongLength(name: string, found: number, wanted: number): Contradiction {
  return new Contradiction(`attribute ${name} does not fit the rank of the input`, {
    found: `${found} entries`,
    wanted: String(wanted),
  });
}
