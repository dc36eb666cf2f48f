import { normalizeAxis } from '../axes.ts';
import { Contradiction } from '../contradiction.ts';
import { renderShape, type Sizes } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import { output, outputs, type Rule, type RuleTable, shapeOf, type TypeOf, typeOf } from '../rule.ts';
import { isEqual } from '../size/extremes.ts';
import { elementTypeAttribute } from './types.ts';

export const normalization: RuleTable = {
  InstanceNormalization: output(typeOf(0), shapeOf(0)),
  GroupNormalization: output(typeOf(0), shapeOf(0)),
  BatchNormalization: {
    1: outputs([typeOf(0)], batchNormalization),
    14: outputs([typeOf(0), typeOf(4)], batchNormalization),
  },
  LayerNormalization: normalizeTrailing(typeOf(0)),
  RMSNormalization: output(typeOf(1), (context) => {
    const shape = context.shape(0);
    normalizeAxis(context.int('axis', -1), shape.length);
    return shape;
  }),
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
  for (let index = 1; index < 5; index++) assertChannels(context, { shape, index });
  const channels = context.shapeIfKnown(3) ?? context.shape(1);
  return [shape, channels, channels, channels, channels];
}

/** Scale, offset, mean and variance have one element for each channel. */
function assertChannels(context: NodeContext, { shape, index }: { shape: Sizes; index: number }): void {
  if (!context.shapeIfKnown(index)) return;
  const [found = 1] = context.shapeOfRank(index, 1);
  const channels = shape[1];
  if (channels === undefined || isEqual(found, channels) !== false) return;
  throw new Contradiction('there is one statistic for each channel', {
    found: renderShape([found]),
    wanted: renderShape([channels]),
    input: index,
  });
}

/** A target for each place of the input, less its classes; a weight for each class. */
function reducedLoss(context: NodeContext): Sizes {
  const scores = context.shapeIfKnown(0);
  if (scores && context.shapeIfKnown(1)) assertTargets(context, scores);
  if (context.has(2) && context.shapeIfKnown(2)) context.shapeOfRank(2, 1);
  return context.text('reduction', 'mean') === 'none' ? context.shape(1) : [];
}

function assertTargets(context: NodeContext, scores: Sizes): void {
  const found = context.shapeOfRank(1, scores.length - 1);
  const wanted = [...scores.slice(0, 1), ...scores.slice(2)];
  if (found.every((size, axis) => isEqual(size, wanted[axis] ?? size) !== false)) return;
  throw new Contradiction('there is one target for each place of the scores', {
    found: renderShape(found),
    wanted: renderShape(wanted),
    input: 1,
  });
}
