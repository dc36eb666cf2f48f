import { counted, firstFew, locationOf } from '../describe.ts';
import { nodeLabel } from '../graph-places.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'production/dead-node',
  severity: 'note',
  title: 'Every node leads to an output',
  explanation:
    'A node whose outputs nothing reads is dropped when the model is loaded. That something was computed and not given out may be an output that was forgotten.',
  mend: 'Remove the node, or name its value as an output if it was meant to be one.',
  source: 'Practice; the runtime removes such nodes when it optimises.',
  fixable: true,
  *check({ places, usedNames }) {
    for (const place of places) {
      const used = usedNames(place);
      const dead = place.nodes.flatMap((node, index) =>
        node.outputs.some((name) => used.has(name)) ? [] : [nodeLabel(node, index)],
      );
      const [first] = dead;
      if (first === undefined) continue;
      const names = firstFew(dead.map((label) => `"${label}"`));
      yield {
        message: `${counted(dead.length, 'node')} whose outputs nothing reads: ${names}`,
        location: locationOf(place, { node: first }),
      };
    }
  },
};
