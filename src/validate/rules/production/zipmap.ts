import { isRemovable } from '../../fix/mends/remove-zipmap.ts';
import { nodeLocation } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'production/zipmap',
  severity: 'warning',
  title: 'Probabilities are a tensor, not a list of maps',
  explanation:
    'Converters of scikit-learn classifiers end the model in ZipMap, which turns a row of probabilities into a map from label to number. That is slow, takes many times the memory, and most clients, the server here among them, cannot receive it.',
  mend: 'Convert with `options={"zipmap": False}`.',
  source: 'ai.onnx.ml operator ZipMap; default of skl2onnx, fixed in exports of CatBoost.',
  fixable: true,
  *check({ nodes, model: { graph } }) {
    for (const at of nodes) {
      if (at.node.opType !== 'ZipMap' || at.node.domain !== 'ai.onnx.ml') continue;
      yield {
        message: `"${at.node.outputs[0] ?? ''}" is made by ZipMap`,
        location: nodeLocation(at),
        // Maps that other nodes read are no outputs to be given as a tensor.
        ...(!isRemovable(at.node, graph) && { fixable: false }),
      };
    }
  },
};
