import { counted, domainName, firstFew, nodeLocation } from '../describe.ts';
import type { Rule } from '../rule.ts';
import type { NodePlace } from '../rule-context.ts';

const STANDARD_DOMAINS: ReadonlySet<string> = new Set(['', 'ai.onnx.ml']);

export const rule: Rule = {
  id: 'production/custom-domain',
  severity: 'note',
  title: 'The model uses only operators of the standard',
  explanation:
    'Operators of other domains, such as com.microsoft, run in one runtime and may change with it; no other program reads the model.',
  mend: 'Export without fused operators, and let the runtime fuse when it prepares the model; or accept the tie with a suppression that says why.',
  source: 'ONNX specification, Operator Sets: ai.onnx and ai.onnx.ml are the standard ones.',
  *check({ nodes }) {
    const domains = new Map<string, NodePlace[]>();
    for (const at of nodes) {
      const { domain } = at.node;
      if (STANDARD_DOMAINS.has(domain) || at.callee || !at.place.reached) continue;
      domains.set(domain, [...(domains.get(domain) ?? []), at]);
    }
    for (const [domain, found] of domains) {
      const types = [...new Set(found.map(({ node }) => node.opType))];
      const [first] = found;
      if (first)
        yield {
          message: `${counted(found.length, 'node')} of ${domainName(domain)}: ${firstFew(types, 5)}`,
          location: nodeLocation(first),
        };
    }
  },
};
