import { sizeAt } from '../axes.ts';
import { Contradiction } from '../contradiction.ts';
import { renderShape, type Sizes } from '../fact.ts';
import { imageShape, type Layout, layOut } from '../layout.ts';
import type { NodeContext } from '../node-context.ts';
import { always, output, outputs, type RuleTable, type ShapeOf, typeOf } from '../rule.ts';
import { add, multiply, product } from '../size/arithmetic.ts';
import { floorDivide } from '../size/division.ts';
import { isEqual } from '../size/extremes.ts';
import { textOf } from '../size/size.ts';
import { kernelAttribute, listOf, slide, unslide, windowsOf } from '../windows.ts';

export const convolution: RuleTable = {
  Conv: output(typeOf(0), convolve({ weights: 1 })),
  ConvInteger: output(always('int32'), convolve({ weights: 1 })),
  QLinearConv: output(typeOf(7), convolve({ weights: 3 })),
  ConvTranspose: output(typeOf(0), convolveTransposed),
  DeformConv: output(typeOf(0), convolve({ weights: 1 })),
  CausalConvWithState: outputs([typeOf(0)], causalConvolution),
  Col2Im: output(typeOf(0), columnsToImage),
};

export interface ConvolutionFacts {
  /** Which input has the weights, `[channels out, channels in / groups, ...kernel]`. */
  readonly weights: number;
  readonly layout?: Layout;
  /** Channels are rounded up to blocks, so the weights need not match them. */
  readonly isBlocked?: boolean;
}

/** The shape after a convolution of input 0. */
export function convolve({ weights, layout = 'channels-first', isBlocked = false }: ConvolutionFacts): ShapeOf {
  return (context) => {
    const image = imageShape(context.shape(0), layout);
    const kernel = kernelOf(context, weights, image.spatial.length);
    const filters = context.shape(weights);
    const group = context.int('group', 1);
    if (!isBlocked && isEqual(image.channels, multiply(sizeAt(filters, 1), group)) === false) {
      throw new Contradiction('the weights are made for another number of channels', {
        found: `${textOf(image.channels)} channels`,
        wanted: `${textOf(multiply(sizeAt(filters, 1), group))}, of weights ${renderShape(filters)} in ${group} groups`,
        input: weights,
      });
    }
    return layOut(
      { ...image, channels: sizeAt(filters, 0), spatial: slide(image.spatial, windowsOf(context, kernel)) },
      layout,
    );
  };
}

/** The shape after a transposed convolution of input 0 with the weights `[channels in, channels out / groups, ...kernel]` of input 1. */
export function convolveTransposed(context: NodeContext): Sizes {
  const image = imageShape(context.shape(0));
  const rank = image.spatial.length;
  const channels = multiply(sizeAt(context.shape(1), 1), context.int('group', 1));
  const wanted = context.ints('output_shape');
  const windows = windowsOf(context, kernelOf(context, 1, rank));
  if (wanted && wanted.length > 0) return layOut({ ...image, channels, spatial: wanted.slice(-rank) });
  const spatial = unslide(image.spatial, windows, listOf(context, 'output_padding', rank, 0, 0));
  return layOut({ ...image, channels, spatial });
}

function kernelOf(context: NodeContext, weights: number, rank: number): Sizes {
  if (context.ints('kernel_shape') !== null) return kernelAttribute(context, rank);
  return context.shapeOfRank(weights, rank + 2).slice(2);
}

function causalConvolution(context: NodeContext): readonly Sizes[] {
  const shape = context.shapeOfRank(0, 3);
  const [batch, channels] = shape;
  const kernel = sizeAt(context.shapeOfRank(1, 3), 2);
  return [shape, [batch ?? 1, channels ?? 1, add(kernel, -1)]];
}

function columnsToImage(context: NodeContext): Sizes {
  const [batch, columns] = context.shapeOfRank(0, 3);
  const image = context.sizesFrom(1);
  const block = context.counts(2);
  const channels = block ? floorDivide(columns ?? 1, product(block)) : context.dependsOnData(columns ?? null);
  return [batch ?? 1, channels, ...image];
}
