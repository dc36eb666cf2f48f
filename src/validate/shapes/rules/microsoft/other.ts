import { normalizeAxis, sizeAt, withSize } from '../../axes.ts';
import type { Sizes } from '../../fact.ts';
import { imageShape, layOut } from '../../layout.ts';
import type { NodeContext } from '../../node-context.ts';
import { always, output, outputs, type RuleTable, typeOf } from '../../rule.ts';
import { add, multiply, subtract, sum } from '../../size/arithmetic.ts';
import { floorDivide } from '../../size/division.ts';
import { listOf, unslide, windowsOf } from '../../windows.ts';
import { convolve } from '../convolution.ts';
import { range } from '../generators.ts';
import { gatherND } from '../indexing.ts';
import { pad } from '../pad.ts';
import { pool } from '../pooling.ts';
import { recurrentShapes } from '../recurrent.ts';

/** A token has at least so many letters; a mark stands before the first and after the last, and alone where there is none. */
function mostTokens(context: NodeContext): number | null {
  const letters = context.letters(0);
  if (letters === null) return null;
  const marks = context.flag('mark') ? 2 : 0;
  return Math.max(1, Math.floor(letters / Math.max(1, context.int('mincharnum', 1))) + marks);
}

export const otherContributed: RuleTable = {
  FusedConv: output(typeOf(0), convolve({ weights: 1 })),
  NhwcConv: output(typeOf(0), convolve({ weights: 1, layout: 'channels-last' })),
  NhwcFusedConv: output(typeOf(0), convolve({ weights: 1, layout: 'channels-last' })),
  NhwcMaxPool: output(typeOf(0), pool('channels-last')),
  MaxpoolWithMask: output(typeOf(0), pool()),
  ConvTransposeWithDynamicPads: output(typeOf(0), convolveTransposedWithPads),
  CausalConvWithState: outputs([typeOf(0)], causalConvolution),
  VarlenCausalConvWithState: outputs([typeOf(0)], (context) => [context.shape(0), context.shape(4)]),
  DynamicQuantizeLSTM: outputs([typeOf(0)], recurrentShapes),
  AttnLSTM: outputs([typeOf(0)], recurrentShapes),

  CropAndResize: output(typeOf(0), (context) => {
    const { channels } = imageShape(context.shape(0));
    return [sizeAt(context.shape(1), 0), channels, ...context.sizesFrom(3)];
  }),
  GridSample: output(typeOf(0), (context) => {
    const image = imageShape(context.shape(0));
    return layOut({ ...image, spatial: context.shape(1).slice(1, -1) });
  }),
  ExpandDims: output(typeOf(0), (context) => {
    const shape = context.shape(0);
    const axis = context.scalar(1);
    if (typeof axis !== 'number') throw context.dataDependence();
    return shape.toSpliced(normalizeAxis(axis, shape.length + 1), 0, 1);
  }),
  GatherND: output(typeOf(0), gatherND),
  Pad: output(typeOf(0), pad),
  Range: output(typeOf(0), range),
  TorchEmbedding: output(typeOf(0), (context) => [...context.shape(1), sizeAt(context.shape(0), 1)]),
  UnfoldTensor: output(typeOf(0), (context) => {
    const shape = context.shape(0);
    const axis = normalizeAxis(context.int('dim', -1), shape.length);
    const [size, step] = [context.int('size', 1), context.int('step', 1)];
    return [...withSize(shape, axis, add(floorDivide(subtract(sizeAt(shape, axis), size), step), 1)), size];
  }),
  Unique: outputs([typeOf(0), always('int64')], (context) => {
    const [length = 1] = context.shapeOfRank(0, 1);
    const different = context.dependsOnData(length);
    return [[different], [length], [different]];
  }),
  Rfft: output(typeOf(0), (context) => {
    const shape = context.shape(0);
    return [...shape.slice(0, -1), add(floorDivide(sizeAt(shape, shape.length - 1), 2), 1), 2];
  }),
  Irfft: output(typeOf(0), (context) => {
    const shape = context.shape(0);
    return [...shape.slice(0, -2), multiply(subtract(sizeAt(shape, shape.length - 2), 1), 2)];
  }),
  Tokenizer: output(always('string'), (context) => [...context.shape(0), context.dependsOnData(mostTokens(context))]),
  WordConvEmbedding: output(typeOf(1), (context) => [sizeAt(context.shape(0), 0), sizeAt(context.shape(1), 0)]),
  DynamicTimeWarping: output(always('int32'), (context) => {
    const shape = context.shape(0);
    return [2, context.dependsOnData(sum(shape.slice(-2)))];
  }),
  NGramHashMapping: outputs([typeOf(0)], (context) => {
    const [batch = 1, length = 1] = context.shapeOfRank(0, 2);
    const orders = context.int('max_ngram_size', 2) - 1;
    return [
      [batch, length, orders * context.int('n_head_per_ngram', 1)],
      [batch, orders],
    ];
  }),
  // The current tokens, and behind them as many of the predicted ones as are right, and one more.
  BifurcationDetector: outputs([typeOf(1), typeOf(2)], (context) => [
    context.has(3)
      ? [context.dependsOnData(add(sizeAt(context.shape(1), 0), sizeAt(context.shape(3), 0)))]
      : context.shape(1),
    [],
  ]),

  BeamSearch: outputs([always('int32'), typeOf(5)], (context) => {
    const [batch, returned] = [sizeAt(context.shape(0), 0), context.count(4)];
    return [
      [batch, returned, context.count(1)],
      [batch, returned],
    ];
  }),
  WhisperBeamSearch: outputs([always('int32'), typeOf(5)], (context) => {
    const [batch, returned] = [sizeAt(context.shape(0), 0), context.count(4)];
    return [
      [batch, returned, context.count(1)],
      [batch, returned],
    ];
  }),
  GreedySearch: output(typeOf(0), (context) => [sizeAt(context.shape(0), 0), context.count(1)]),
  Sampling: output(typeOf(0), (context) => [sizeAt(context.shape(0), 0), context.count(1)]),
};

/** The pads are an input; where the run decides them, so are the spatial dimensions. */
function convolveTransposedWithPads(context: NodeContext): Sizes {
  const image = imageShape(context.shape(0));
  const rank = image.spatial.length;
  const channels = multiply(sizeAt(context.shape(1), 1), context.int('group', 1));
  const windows = windowsOf(context, context.ints('kernel_shape') ?? context.shapeOfRank(1, rank + 2).slice(2));
  const pads = context.has(2) ? context.integers(2) : [];
  if (!pads) return layOut({ ...image, channels, spatial: image.spatial.map(() => context.dependsOnData()) });
  const given = windows.pads.map((_, axis) => [pads[axis] ?? 0, pads[axis + rank] ?? 0] as const);
  const padded = pads.length > 0 ? { ...windows, pads: given } : windows;
  return layOut({
    ...image,
    channels,
    spatial: unslide(image.spatial, padded, listOf(context, 'output_padding', rank, 0)),
  });
}

/** In one dimension the state is what the kernel reaches back; in more it is as large as the one given. */
function causalConvolution(context: NodeContext): readonly Sizes[] {
  const shape = context.shape(0);
  if (context.has(3)) return [shape, context.shape(3)];
  const [batch = 1, channels = 1] = shape;
  if (context.int('ndim', 1) !== 1 || context.flag('channels_last')) return [shape];
  const reach = multiply(subtract(sizeAt(context.shape(1), 2), 1), context.int('dilation', 1));
  const window = context.int('state_window', 0);
  return [shape, window > 0 ? [window, batch, channels, reach] : [batch, channels, reach]];
}
