import { normalizeAxes, normalizeAxis, withSize } from '../../axes.ts';
import { broadcastShapes } from '../../broadcast-shapes.ts';
import type { Sizes } from '../../fact.ts';
import type { NodeContext } from '../../node-context.ts';
import { always, output, type RuleTable, type ShapeOf, shapeOf, typeOf } from '../../rule.ts';
import { multiply } from '../../size/arithmetic.ts';
import { convolve } from '../convolution.ts';
import { pool, poolWhole } from '../pooling.ts';
import { quantizedType } from '../quantization.ts';
import { reduceAxes } from '../reduction.ts';
import { joinShapes } from '../shape-manipulation.ts';
import { elementTypeAttribute } from '../types.ts';

/** Operators on quantized values, each operand followed by its scale and zero point. */
export const quantized: RuleTable = {
  QuantizeLinear: output(quantizedType, shapeOf(0)),
  DequantizeLinear: output(typeOf(1), shapeOf(0)),
  QLinearAdd: output(typeOf(0), (context) => broadcastShapes([context.shape(0), context.shape(3)])),
  QLinearMul: output(typeOf(0), (context) => broadcastShapes([context.shape(0), context.shape(3)])),
  QLinearWhere: output(typeOf(1), (context) => broadcastShapes([context.shape(0), context.shape(1), context.shape(4)])),
  QLinearLeakyRelu: output(typeOf(0), shapeOf(0)),
  QLinearSigmoid: output(typeOf(0), shapeOf(0)),
  QLinearSoftmax: output(typeOf(0), shapeOf(0)),
  QLinearConcat: output(typeOf(1), (context) => {
    const shapes = context.inputs.flatMap((_, index) => (index >= 2 && index % 3 === 2 ? [context.shape(index)] : []));
    return joinShapes(shapes, normalizeAxis(context.int('axis', 0), shapes[0]?.length ?? 0));
  }),
  QLinearConv: output(typeOf(7), byLayout(convolve({ weights: 3 }), convolve({ weights: 3, layout: 'channels-last' }))),
  QLinearAveragePool: output(typeOf(0), byLayout(pool(), pool('channels-last'))),
  QLinearGlobalAveragePool: output(typeOf(0), byLayout(poolWhole(), poolWhole('channels-last'))),
  QLinearReduceMean: output(typeOf(0), reduceByAttribute),
  ReduceSumInteger: output((context) => (context.elementType(0) === 'uint8' ? 'uint32' : 'int32'), reduceByAttribute),
  GatherBlockQuantized: output(typeOf(2), gatherBlocks),
  DequantizeBFP: output(
    (context) => elementTypeAttribute(context, 'dtype', 'float'),
    (context) => context.sizesFrom(1),
  ),
  DequantizeWithOrder: output((context) => elementTypeAttribute(context, 'to', 'float'), shapeOf(0)),
  QuantizeWithOrder: output(always('int8'), shapeOf(0)),
};

function byLayout(first: ShapeOf, last: ShapeOf): ShapeOf {
  return (context) => (context.flag('channels_last') ? last : first)(context);
}

function reduceByAttribute(context: NodeContext): Sizes {
  const shape = context.shape(0);
  const axes = context.ints('axes') ?? [];
  const reduced = axes.length > 0 ? normalizeAxes(axes, shape.length) : shape.map((_, axis) => axis);
  return reduceAxes(shape, reduced, context.flag('keepdims', true));
}

/** Bytes hold two values each along the last axis when they are of four bits, four when of two. */
function gatherBlocks(context: NodeContext): Sizes {
  const stored = context.shape(0);
  const perByte = context.elementType(0) === 'uint8' ? 8 / context.int('bits', 4) : 1;
  const last = stored.length - 1;
  const data = withSize(stored, last, multiply(stored[last] ?? 1, perByte));
  const axis = normalizeAxis(context.int('gather_axis', 0), data.length);
  return [...data.slice(0, axis), ...context.shape(1), ...data.slice(axis + 1)];
}
