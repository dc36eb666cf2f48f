import { sizeAt } from '../axes.ts';
import type { Sizes } from '../fact.ts';
import type { NodeContext } from '../node-context.ts';
import { outputs, type RuleTable, typeOf } from '../rule.ts';
import type { Size } from '../size/size.ts';

/** Outputs: the hidden state of each step, the last one, and for an LSTM the last cell state. */
export const recurrent: RuleTable = {
  RNN: outputs([typeOf(0)], recurrentShapes),
  GRU: outputs([typeOf(0)], recurrentShapes),
  LSTM: outputs([typeOf(0)], recurrentShapes),
};

export function recurrentShapes(context: NodeContext): readonly Sizes[] {
  const isBatchFirst = context.flag('layout');
  const [first = 1, second = 1] = context.shapeOfRank(0, 3);
  const [steps, batch] = isBatchFirst ? [second, first] : [first, second];
  const directions = context.text('direction', 'forward') === 'bidirectional' ? 2 : 1;
  const hidden: Size = context.int('hidden_size') ?? sizeAt(context.shapeOfRank(2, 3), 2);
  const state = isBatchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
  return [isBatchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden], state, state];
}
