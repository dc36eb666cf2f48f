import { runtimeLimits } from '../../operators/operator-schemas.ts';
import { domainName, nodeLocation, operatorName } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'runtime/custom-operator',
  severity: 'error',
  title: 'Every operator belongs to a domain that the runtime has, or is a function of the model',
  explanation:
    'Operators of other domains live in shared libraries that a program registers before it loads the model, such as onnxruntime-extensions. The image has none, so the runtime would not know them.',
  mend: 'Do that step before the model (tokenizers, for instance), or export it in terms of standard operators.',
  source:
    'The runtime: "is not a registered function/op". The domain ai.onnx.preview.training is in none of its packages for inference.',
  *check({ nodes }) {
    const { opsets } = runtimeLimits();
    for (const at of nodes) {
      const { domain } = at.node;
      if (at.callee || !at.place.reached || opsets.has(domain)) continue;
      const message = `${operatorName(at.node)} is in the domain ${domainName(domain)}, which the runtime does not have, and no function of the model`;
      yield { message, location: nodeLocation(at) };
    }
  },
};
