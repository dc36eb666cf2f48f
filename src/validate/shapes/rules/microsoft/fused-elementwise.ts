import { withSize } from '../../axes.ts';
import { broadcastShapes } from '../../broadcast-shapes.ts';
import type { Sizes } from '../../fact.ts';
import type { NodeContext } from '../../node-context.ts';
import { always, output, outputs, type Rule, type RuleTable, shapeOf, typeOf } from '../../rule.ts';
import { product } from '../../size/arithmetic.ts';
import { ceilDivide, floorDivide } from '../../size/division.ts';
import { broadcasting, unary } from '../elementwise.ts';

/** Activations, normalizations and dropouts that onnxruntime fuses: each gives what its first input is. */
export const fusedElementwise: RuleTable = {
  ...Object.fromEntries(
    `BiasAdd BiasGelu BiasSoftmax EngramGate FastGelu GatedAdd GatedRMSNorm Gelu GroupNorm Inverse MoE MRotaryEmbedding QMoE
     QuickGelu RotaryEmbedding SampleOp Trilu LongformerAttention QOrderedGelu QOrderedLayerNormalization
     QOrderedLongformerAttention`
      .split(/\s+/)
      .map((name) => [name, unary()]),
  ),
  BiasSplitGelu: output(typeOf(0), (context) => {
    const shape = context.shape(0);
    const last = shape.length - 1;
    return withSize(shape, last, floorDivide(shape[last] ?? 1, 2));
  }),
  ComplexMul: broadcasting(),
  ComplexMulConj: broadcasting(),
  MulInteger: output(always('int32'), (context) => broadcastShapes([context.shape(0), context.shape(2)])),
  MurmurHash3: output((context) => (context.flag('positive', true) ? 'uint32' : 'int32'), shapeOf(0)),
  IsAllFinite: output(always('bool'), () => []),
  NGramRepeatBlock: output(typeOf(1), shapeOf(1)),
  LinearAttentionGate: outputs([typeOf(0)], (context) => [context.shape(0), context.shape(context.has(3) ? 3 : 0)]),
  GemmaRotaryEmbedding: outputs([typeOf(1)], (context) => [context.shape(1), context.shape(3)]),

  SkipLayerNormalization: skipNormalization(),
  SkipSimplifiedLayerNormalization: skipNormalization(),
  SkipGroupNorm: outputs([typeOf(0)], (context) => [context.shape(0), context.shape(0)]),

  BiasDropout: outputs([typeOf(0), always('bool')], (context) => [context.shape(0), context.shape(0)]),
  BitmaskDropout: outputs([typeOf(0), always('uint32')], bitmasked),
  BitmaskBiasDropout: outputs([typeOf(0), always('uint32')], bitmasked),
};

/** Outputs: the result, mean and inverse deviation of each row, and the sum that was normalized. */
function skipNormalization(): Rule {
  return outputs([typeOf(0), always('float'), always('float'), typeOf(0)], (context) => {
    const shape = context.shape(0);
    const statistics = withSize(shape, shape.length - 1, 1);
    return [shape, statistics, statistics, shape];
  });
}

/** The mask has one bit for each element. */
function bitmasked(context: NodeContext): readonly Sizes[] {
  const shape = context.shape(0);
  return [shape, [ceilDivide(product(shape), 32)]];
}
