import type { Node } from '../../../onnx/model.ts';
import { nodeLocation, operatorName } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'runtime/kernel-limit',
  severity: 'error',
  title: 'No node uses a mode of its operator that the kernel lacks',
  explanation:
    'A kernel may exist for an operator and its types and still refuse some of its attributes, when the session is created.',
  mend: 'Export without that mode.',
  source:
    'The runtime, tried for each row of the table: "Batchwise recurrent operations (layout == 1) are not supported".',
  *check({ nodes }) {
    for (const at of nodes) {
      const limit = at.node.domain === '' ? LIMITS[at.node.opType] : undefined;
      if (!limit || !at.schema || !at.place.reached || !limit.isBeyond(at.node)) continue;
      yield {
        message: `${operatorName(at.node)} "${at.label}" ${limit.what}`,
        location: nodeLocation(at),
        mend: limit.mend,
      };
    }
  },
};

interface KernelLimit {
  readonly isBeyond: (node: Node) => boolean;
  readonly what: string;
  readonly mend: string;
}

const BATCHWISE: KernelLimit = {
  isBeyond: (node) => intAttribute(node, 'layout') === 1n,
  what: 'has layout 1 (batch first), for which the runtime has no kernel',
  mend: 'Export with layout 0 and transpose around the node; exporters of PyTorch and TensorFlow do so by themselves.',
};

const LIMITS: Readonly<Record<string, KernelLimit>> = { RNN: BATCHWISE, GRU: BATCHWISE, LSTM: BATCHWISE };

function intAttribute(node: Node, name: string): bigint | undefined {
  const value = node.attributes.find((attribute) => attribute.name === name)?.value;
  return value?.kind === 'int' ? value.value : undefined;
}
