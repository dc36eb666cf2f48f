import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/shape-conflict',
  severity: 'error',
  title: 'Shapes fit together',
  explanation:
    'Operators want shapes that agree: the inner dimensions of a product, the channels of a convolution and its weights. Where sizes are known beforehand and do not agree, the model cannot run on any input.',
  mend: 'Look at the node that is named: usually a weight was transposed, or an axis added or lost before it.',
  source: 'ONNX specification, shapes of each operator. The runtime: "ShapeInferenceError".',
  *check({ shaped }) {
    for (const { kind, graph, node, tensor, message } of shaped?.conflicts ?? []) {
      if (kind !== 'operator') continue;
      const inside = { ...(node.name === '' ? {} : { node: node.name }), ...(tensor === null ? {} : { tensor }) };
      yield { message, location: { ...(graph === '' ? {} : { graph }), ...inside } };
    }
  },
};
