import { nearest } from '../../../nouns/nearest.ts';
import { knownDomains, operatorNames, schemaHistory } from '../../operators/operator-schemas.ts';
import { domainName, nodeLocation, operatorName } from '../describe.ts';
import type { Rule } from '../rule.ts';
import type { NodePlace } from '../rule-context.ts';

export const rule: Rule = {
  id: 'structure/unknown-operator',
  severity: 'error',
  title: 'Every operator exists in the operator set that the model imports',
  explanation:
    'An operator has a meaning only from the version of its operator set in which it came, and until one in which it was removed. Exporters write unknown names where they meet an operation that they cannot convert.',
  mend: 'Export for an operator set that has the operator, or replace it.',
  source: 'ONNX specification, Operator Sets; every version of every operator as onnx.defs has them.',
  *check({ nodes }) {
    const known = new Set(knownDomains());
    for (const at of nodes) {
      const { domain, opType } = at.node;
      if (at.schema || at.callee || !at.place.reached || !known.has(domain)) continue;
      const isMisspelt = schemaHistory({ domain, name: opType }).length === 0;
      yield {
        message: describe(at),
        ...(isMisspelt ? { nearest: () => nearest(opType, operatorNames(domain)) } : {}),
        location: nodeLocation(at),
      };
    }
  },
};

function describe(at: NodePlace): string {
  const { domain, opType } = at.node;
  if (opType === '') return `node "${at.label}" has no operator type`;
  const opset = at.place.opsets.get(domain) ?? 0;
  const first = schemaHistory({ domain, name: opType })[0];
  const imported = `the imported opset ${opset} of ${domainName(domain)}`;
  if (first) return `${operatorName(at.node)} exists since opset ${first.since}, not yet in ${imported}`;
  return `${operatorName(at.node)} is no operator of ${imported}`;
}
