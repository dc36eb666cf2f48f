import { nodeLocation, operatorName } from '../describe.ts';
import type { Rule } from '../rule.ts';

const RANDOM: ReadonlySet<string> = new Set([
  'Bernoulli',
  'Multinomial',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
]);

export const rule: Rule = {
  id: 'production/unseeded-random',
  severity: 'warning',
  title: 'Random operators have a seed',
  explanation:
    'Without a seed the runtime draws one when the session starts, so two replicas, or one before and after a restart, answer differently, and no case can be held against its expected output.',
  mend: 'Give the node a `seed`, or export the model in evaluation mode if the randomness is a leftover of training.',
  source: 'ONNX operators RandomNormal and others: "seed: if not specified we will auto generate one".',
  *check({ nodes }) {
    for (const at of nodes) {
      if (at.node.domain !== '' || !RANDOM.has(at.node.opType) || !at.place.reached) continue;
      if (at.node.attributes.some(({ name }) => name === 'seed')) continue;
      yield { message: `${operatorName(at.node)} "${at.label}" has no seed`, location: nodeLocation(at) };
    }
  },
};
