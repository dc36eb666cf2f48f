import { nodeLocation } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'production/no-default-opset',
  severity: 'note',
  title: 'The model imports an operator set of the default domain',
  explanation:
    'Without an import of ai.onnx the runtime takes its own newest one. A model that uses standard operators then means something else with each new runtime. Models of XGBoost and CatBoost, which have tree operators only, lack it without harm.',
  mend: 'Add the import: `model.opset_import.add(domain="", version=…)`.',
  source: 'ONNX specification, Models. The runtime inserts its newest version for a domain that is missing.',
  fixable: true,
  *check({ model, nodes }) {
    if (model.opsetImports.length === 0 || model.opsetImports.some(({ domain }) => domain === '')) return;
    const first = nodes.find((at) => at.node.domain === '' && !at.place.function);
    const message = 'no operator set of ai.onnx is imported';
    if (!first) yield { message };
    else
      yield {
        message: `${message}, and ${first.node.opType} belongs to it`,
        severity: 'warning',
        location: nodeLocation(first),
      };
  },
};
