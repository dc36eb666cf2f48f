import { locationOf } from '../describe.ts';
import type { Rule } from '../rule.ts';

export const rule: Rule = {
  id: 'structure/duplicate-node-name',
  severity: 'error',
  title: 'No two nodes of a graph have one name',
  explanation:
    'Nodes may be without a name, but a name that is given points at one node: profiles, errors and the runtime itself find nodes by it.',
  mend: 'Rename one of the two, or leave both without a name.',
  source: 'The runtime: "two nodes with same node name". The specification recommends it.',
  *check({ places }) {
    for (const place of places) {
      const seen = new Set<string>();
      for (const { name, opType, domain } of place.nodes) {
        if (name !== '' && seen.has(name) && place.reached) {
          yield {
            message: `two nodes have the name "${name}"`,
            location: locationOf(place, { node: name }),
            // What a function's nodes are called is settled when it is copied into its caller.
            severity: place.function ? 'warning' : 'error',
          };
        }
        // The runtime has turned constants into initializers by the time it looks.
        if (opType !== 'Constant' || domain !== '') seen.add(name);
      }
    }
  },
};
