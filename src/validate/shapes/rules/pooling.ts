import { sizeAt } from '../axes.ts';
import type { Sizes } from '../fact.ts';
import { imageShape, type Layout, layOut } from '../layout.ts';
import type { NodeContext } from '../node-context.ts';
import { always, output, outputs, type RuleTable, type ShapeOf, typeOf } from '../rule.ts';
import { kernelAttribute, listOf, slide, unslide, windowsOf } from '../windows.ts';

export const pooling: RuleTable = {
  AveragePool: output(typeOf(0), pool()),
  LpPool: output(typeOf(0), pool()),
  MaxPool: outputs([typeOf(0), always('int64')], (context) => {
    const shape = pool()(context);
    return [shape, shape];
  }),
  GlobalAveragePool: output(typeOf(0), poolWhole()),
  GlobalMaxPool: output(typeOf(0), poolWhole()),
  GlobalLpPool: output(typeOf(0), poolWhole()),
  MaxUnpool: output(typeOf(0), unpool),
  MaxRoiPool: output(typeOf(0), (context) => {
    const { channels } = imageShape(context.shape(0));
    return [sizeAt(context.shapeOfRank(1, 2), 0), channels, ...listOf(context, 'pooled_shape', 2, 1)];
  }),
  RoiAlign: output(typeOf(0), (context) => {
    const { channels } = imageShape(context.shape(0));
    const [height, width] = [context.int('output_height', 1), context.int('output_width', 1)];
    const boxes = sizeAt(context.shapeOfRank(1, 2), 0);
    // Where the boxes are only named, the batch index that each has may be counted.
    const counted = context.shapeIfKnown(2)?.[0];
    return [typeof counted === 'number' ? counted : boxes, channels, height, width];
  }),
};

/** The shape after pooling windows of input 0. */
export function pool(layout: Layout = 'channels-first'): ShapeOf {
  return (context) => {
    const image = imageShape(context.shape(0), layout);
    const windows = windowsOf(context, kernelAttribute(context, image.spatial.length));
    return layOut({ ...image, spatial: slide(image.spatial, windows) }, layout);
  };
}

/** The shape after pooling each channel into one element. */
export function poolWhole(layout: Layout = 'channels-first'): ShapeOf {
  return (context) => {
    const image = imageShape(context.shape(0), layout);
    return layOut({ ...image, spatial: image.spatial.map(() => 1) }, layout);
  };
}

function unpool(context: NodeContext): Sizes {
  if (context.has(2)) return context.sizesFrom(2);
  const image = imageShape(context.shape(0));
  const windows = windowsOf(context, kernelAttribute(context, image.spatial.length));
  return layOut({ ...image, spatial: unslide(image.spatial, windows, []) });
}
