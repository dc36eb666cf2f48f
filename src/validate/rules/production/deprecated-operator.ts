import { newestOpset, schemaFor } from '../../operators/operator-schemas.ts';
import { nodeLocation, operatorName } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'production/deprecated-operator',
  severity: 'note',
  title: 'No operator is used that newer operator sets deprecate',
  explanation:
    'The model runs as it is, but it cannot be converted to a newer operator set without replacing the operator, and runtimes drop kernels of deprecated operators in time.',
  mend: 'Export with a newer exporter, which writes the successor.',
  source: 'ONNX specification, Operator Sets; deprecations as onnx.defs has them.',
  *check({ nodes }) {
    const seen = new Set<string>();
    for (const at of nodes) {
      const { domain, opType } = at.node;
      const newest = at.schema && schemaFor({ domain, name: opType }, newestOpset(domain) ?? 0);
      if (!newest?.deprecated || at.schema?.deprecated || seen.has(opType)) continue;
      seen.add(opType);
      yield {
        message: `${operatorName(at.node)} is deprecated from opset ${newest.since} on`,
        location: nodeLocation(at),
      };
    }
  },
};
