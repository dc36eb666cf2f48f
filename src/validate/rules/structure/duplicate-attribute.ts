import { nodeLocation, operatorName } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/duplicate-attribute',
  severity: 'error',
  title: 'No node has an attribute twice',
  explanation: 'Which of two values holds would be up to the reader; the runtime refuses the node.',
  mend: 'Leave one of the two.',
  source: 'ONNX specification, Nodes: attribute names are unique within a node.',
  *check({ nodes }) {
    for (const at of nodes) {
      const seen = new Set<string>();
      for (const { name } of at.node.attributes) {
        if (seen.has(name) && at.place.reached) {
          yield { message: `${operatorName(at.node)} has the attribute "${name}" twice`, location: nodeLocation(at) };
        }
        seen.add(name);
      }
    }
  },
};
