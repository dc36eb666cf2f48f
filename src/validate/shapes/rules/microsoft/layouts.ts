import { imageShape, layOut } from '../../layout.ts';
import type { NodeContext } from '../../node-context.ts';
import { output, type RuleTable, shapeOf, typeOf } from '../../rule.ts';
import { multiply } from '../../size/arithmetic.ts';
import { ceilDivide } from '../../size/division.ts';
import { type Size, sameSize } from '../../size/size.ts';
import { convolve } from '../convolution.ts';
import { pool, poolWhole } from '../pooling.ts';

/** com.microsoft.nchwc: channels in blocks of as many as the processor's vectors hold, rounded up to whole blocks. */
export const blockedLayout: RuleTable = {
  Conv: output(typeOf(0), convolve({ weights: 1, isBlocked: true })),
  AveragePool: output(typeOf(0), pool()),
  MaxPool: output(typeOf(0), pool()),
  GlobalAveragePool: output(typeOf(0), poolWhole()),
  GlobalMaxPool: output(typeOf(0), poolWhole()),
  Upsample: output(typeOf(0), (context) => {
    const scales = context.ints('scales') ?? [];
    return context.shape(0).map((size, axis) => multiply(size, scales[axis] ?? 1));
  }),
  ReorderInput: output(typeOf(0), (context) => {
    const image = imageShape(context.shape(0), context.flag('channels_last') ? 'channels-last' : 'channels-first');
    return layOut({ ...image, channels: wholeBlocks(context, image.channels) });
  }),
  ReorderOutput: output(typeOf(0), (context) => {
    const image = imageShape(context.shape(0));
    const layout = context.flag('channels_last') ? 'channels-last' : 'channels-first';
    return layOut({ ...image, channels: context.int('channels') ?? image.channels }, layout);
  }),
};

/** com.ms.internal.nhwc: the operators of the specification, channels at the end. */
export const channelsLast: RuleTable = {
  Conv: output(typeOf(0), convolve({ weights: 1, layout: 'channels-last' })),
  QLinearConv: output(typeOf(7), convolve({ weights: 3, layout: 'channels-last' })),
  AveragePool: output(typeOf(0), pool('channels-last')),
  LpPool: output(typeOf(0), pool('channels-last')),
  MaxPool: output(typeOf(0), pool('channels-last')),
  QLinearAveragePool: output(typeOf(0), pool('channels-last')),
  GlobalAveragePool: output(typeOf(0), poolWhole('channels-last')),
  GlobalLpPool: output(typeOf(0), poolWhole('channels-last')),
  GlobalMaxPool: output(typeOf(0), poolWhole('channels-last')),
  BatchNormalization: output(typeOf(0), shapeOf(0)),
  InstanceNormalization: output(typeOf(0), shapeOf(0)),
  LRN: output(typeOf(0), shapeOf(0)),
};

/** Blocks have 8 channels with AVX2 and Neon, 16 with AVX-512. */
const BLOCKS = { smallest: 8, largest: 16 } as const;

function wholeBlocks(context: NodeContext, channels: Size): Size {
  const [least, most] = [roundUp(channels, BLOCKS.smallest), roundUp(channels, BLOCKS.largest)];
  return sameSize(least, most) ? least : context.unknown('depends on the processor: ReorderInput', most);
}

function roundUp(size: Size, block: number): Size {
  return multiply(ceilDivide(size, block), block);
}
