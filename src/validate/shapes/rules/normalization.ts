import { normalizeAxis } from '../axes.ts';
import type { Sizes } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import { output, outputs, type Rule, type RuleTable, shapeOf, type TypeOf, typeOf } from '../rule.ts';
import { elementTypeAttribute } from './types.ts';

export const normalization: RuleTable = {
  InstanceNormalization: output(typeOf(0), shapeOf(0)),
  GroupNormalization: output(typeOf(0), shapeOf(0)),
  BatchNormalization: {
    1: outputs([typeOf(0)], batchNormalization),
    14: outputs([typeOf(0), typeOf(4)], batchNormalization),
  },
  LayerNormalization: normalizeTrailing(typeOf(0)),
  RMSNormalization: output(typeOf(1), shapeOf(0)),
  SimplifiedLayerNormalization: normalizeTrailing(typeOf(1)),
  SoftmaxCrossEntropyLoss: outputs([typeOf(0)], (context) => [reducedLoss(context), context.shape(0)]),
  NegativeLogLikelihoodLoss: output(typeOf(0), reducedLoss),
};

/** The other outputs are statistics over the axes that are normalized, which are kept as 1; `stash_type` is their type. */
export function normalizeTrailing(type: TypeOf): Rule {
  return outputs([type, (context) => elementTypeAttribute(context, 'stash_type', 'float')], (context) => {
    const shape = context.shape(0);
    const axis = normalizeAxis(context.int('axis', -1), shape.length);
    const statistics = shape.map((size, at) => (at < axis ? size : 1));
    return [shape, statistics, statistics];
  });
}

/** In training the other outputs are the statistics of each channel, as long as the means that go in. */
function batchNormalization(context: NodeContext): readonly Sizes[] {
  const shape = context.shape(0);
  const channels = context.shapeIfKnown(3) ?? context.shape(1);
  return [shape, channels, channels, channels, channels];
}

function reducedLoss(context: NodeContext): Sizes {
  return context.text('reduction', 'mean') === 'none' ? context.shape(1) : [];
}
