import { nodeLocation, operatorName } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/removed-operator',
  severity: 'error',
  title: 'No operator is used after it was deprecated',
  explanation:
    'From the operator set that deprecates an operator on, the runtime refuses it, though older models may go on using it.',
  mend: 'Export with a newer exporter, which writes the successor, or for an operator set before the deprecation.',
  source: 'ONNX specification, Operator Sets, deprecation. The runtime: "Op registered for … is deprecated".',
  *check({ nodes }) {
    for (const at of nodes) {
      if (!at.schema?.deprecated || !at.place.reached) continue;
      const successor = SUCCESSORS[at.node.opType];
      yield {
        message: `${operatorName(at.node)} is deprecated since opset ${at.schema.since}; the model imports opset ${at.place.opsets.get(at.node.domain)}`,
        location: nodeLocation(at),
        ...(successor ? { mend: `Use ${successor} in its place, which a newer exporter writes.` } : {}),
      };
    }
  },
};

const SUCCESSORS: Readonly<Record<string, string>> = {
  Upsample: 'Resize',
  Scatter: 'ScatterElements',
};
