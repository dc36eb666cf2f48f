import { domainName } from '../rules/describe.ts';
import type { Rule } from '../rules/rule.ts';
import { isInOpsetRange } from './opset-range.ts';

export const rule: Rule = {
  id: 'budget/opset',
  severity: 'error',
  title: 'Imported operator sets lie in the range of the budget',
  explanation: 'A range of operator sets keeps models to what the runtimes of a team were tried with.',
  mend: 'Export for an operator set in the range (`opset_version` or `target_opset` of the exporter), and read back what it wrote: some exporters choose another.',
  source: 'plimsoll.yaml, `budget.operators.opset`.',
  *check({ model, budget }) {
    const opset = budget?.opset;
    if (opset === undefined) return;
    const ranges = new Map(typeof opset === 'object' ? Object.entries(opset) : [['ai.onnx', opset]]);
    for (const { domain, version } of model.opsetImports) {
      const range = ranges.get(domainName(domain));
      if (range === undefined || isInOpsetRange(range, version)) continue;
      yield { message: `the model imports opset ${version} of ${domainName(domain)}; the budget wants ${range}` };
    }
  },
};
